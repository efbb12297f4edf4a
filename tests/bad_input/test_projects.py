"""Project files broken in every way."""

from __future__ import annotations

from pathlib import Path

import pytest

from front_tools import PIPELINE, Space

BASE = "dagglot: 1\nproject: p\npipelines: flows/*.yaml\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["DG110"]),
        ("- a\n", ["DG110"]),
        ("text\n", ["DG110"]),
        (BASE + "---\n" + BASE, ["DG110"]),
        ("dagglot: [\n", ["DG001"]),
        ("\xff", ["DG009"]),
        ("a: \x07", ["DG010"]),
        (BASE + "project: q\n", ["DG002"]),
        (BASE + "vars: !x {}\n", ["DG003"]),
        ("project: p\n", ["DG102"]),
        ("dagglot: 2\nproject: p\n", ["DG104"]),
        (BASE + "pipeline: x\n", ["DG101"]),
        (BASE + "targets: {airfow: {}}\n", ["DG101"]),
        (BASE + "targets: {airflow: {version: 3.3}}\n", ["DG103"]),
        (BASE + "targets: [airflow]\n", ["DG103"]),
        (BASE + "environments: {dev: {tasks: {}}}\n", ["DG101"]),
        (BASE + "environments: [dev]\n", ["DG103"]),
        (BASE + "defaults: {retries: many}\n", ["DG103"]),
        (BASE + "assign: [{target: airflow}]\n", ["DG112"]),
        (BASE + "targets: {airflow: {out: '${{ vars.x }}'}}\n", ["DG112"]),
        (BASE + "python: {path: [src, lib]}\n", ["DG011", "DG011"]),
        (BASE + "python: {requirements: reqs.txt}\n", ["DG011"]),
        (BASE + "templates: mine\n", ["DG011"]),
    ],
)
def test_broken(space: Space, text: str, codes: list[str]) -> None:
    space.write("dagglot.yaml", text.encode("latin-1"))
    space.pipeline("a")
    for command in (("validate",), ("compile", "-t", "airflow")):
        ran = space.run(*command)
        assert ran.codes == codes, ran.err
        assert ran.code == (4 if "DG112" in codes else 3)
    assert not (space.root / "build").exists()


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("/etc/*.yaml", "DG104"),
        ("**x/*.yaml", "DG104"),
        ("nothing/*.yaml", "DG013"),
        ("flows", "DG013"),
        ("dagglot.yaml", "DG013"),
        ("*.txt", "DG012"),
    ],
)
def test_patterns(space: Space, pattern: str, code: str) -> None:
    space.write("dagglot.yaml", f"dagglot: 1\nproject: p\npipelines: [{pattern!r}]\n")
    space.write("notes.txt", "some: thing\n")
    space.pipeline("a")
    ran = space.run("validate")
    assert (ran.code, ran.codes) == (3, [code]), ran.err


def test_a_pattern_that_matches_what_is_not_ours(space: Space) -> None:
    space.project()
    space.pipeline("a")
    space.write("flows/values.yaml", "kind: ConfigMap\n")
    ran = space.run("validate")
    assert (ran.code, ran.codes) == (3, ["DG012"])
    assert "flows/values.yaml:1:1" in ran.err


def test_environments(space: Space) -> None:
    space.project("environments: {dev: {}, prod: {}}\n")
    space.pipeline("a")
    ran = space.run("validate", "--env", "prd")
    assert (ran.code, ran.codes) == (3, ["DG111"])
    assert "did you mean `prod`?" in ran.err
    assert space.run("validate", "--env", "prod").code == 0


def test_environment_without_a_project(space: Space) -> None:
    space.pipeline("a")
    ran = space.run("validate", "flows", "--env", "prod")
    assert (ran.code, ran.codes) == (3, ["DG111"])


def test_mistakes_in_the_layers_are_shown_there(space: Space) -> None:
    space.project(
        "vars: {a: '${{ vars.b }}'}\n"
        "defaults: {timeout: 99999999999999d, on_failure: nobody}\n"
        "environments: {dev: {schedule: {cron: '* * *', timezone: UTC}}}\n"
    )
    space.pipeline("a")
    space.pipeline("b")
    ran = space.run("validate")
    assert ran.codes == ["DG301"]
    assert ran.err.startswith("dagglot.yaml:6:16: DG301")
    assert "vars: {a: '${{ vars.b }}'}" in ran.err
    space.project(
        "defaults: {timeout: 99999999999999d, on_failure: nobody}\n"
        "environments: {dev: {schedule: {cron: '* * *', timezone: UTC}}}\n"
    )
    ran = space.run("validate", "--env", "dev")
    assert ran.codes == ["DG304", "DG207", "DG307"], ran.err
    assert ran.err.count("dagglot.yaml:") == 3


def test_two_files_of_one_name_and_two_pipelines_of_one_name(space: Space) -> None:
    space.project()
    space.write("flows/a.yaml", PIPELINE.format(id="same"))
    space.write("flows/b.yaml", PIPELINE.format(id="same"))
    ran = space.run("validate")
    assert (ran.code, ran.codes) == (3, ["DG113"])
    assert "flows/b.yaml:2:11: DG113" in ran.err
    assert "flows/a.yaml:2:11: first defined here" in ran.err


def test_one_file_named_in_several_ways_is_one_file(space: Space) -> None:
    place = space.pipeline("a")
    Path("link.yaml").symlink_to(place)
    ran = space.run("validate", "flows", "flows/a.yaml", str(place), "./flows/../flows/a.yaml")
    assert (ran.code, ran.err) == (0, "1 pipeline, no errors\n")


@pytest.mark.parametrize("value", [b"plain", b"\xff\xfe", b"a\nb", b"'\"\\"])
def test_variables_of_the_build(
    space: Space, monkeypatch: pytest.MonkeyPatch, value: bytes
) -> None:
    import os

    monkeypatch.setitem(os.environb, b"GIT_SHA", value)
    space.project("build: [GIT_SHA, NOT_SET_ANYWHERE]\n")
    space.pipeline("a", "  b: {type: noop, description: 'x ${{ build.GIT_SHA }}'}\n")
    assert space.run("compile").code == 0
    space.pipeline("a", "  b: {type: noop, description: '${{ build.NOT_SET_ANYWHERE }}'}\n")
    assert space.run("compile").codes == ["DG301"]


def test_unknown_targets_and_versions(space: Space) -> None:
    space.project()
    space.pipeline("a")
    for target, code in (("airfow", "DG404"), ("airflow@1.10", "DG408")):
        ran = space.run("compile", "-t", target)
        assert (ran.code, ran.codes) == (2, [code])
    ran = space.run("compile", "-t", "")
    assert (ran.code, "is empty" in ran.err) == (2, True)
    space.write("dagglot.yaml", BASE)
    ran = space.run("compile")
    assert (ran.code, ran.codes) == (2, ["DG407"])


def test_to_name_the_project_file_is_to_name_its_pipelines(space: Space) -> None:
    space.project()
    space.pipeline("a")
    ran = space.run("validate", "dagglot.yaml")
    assert (ran.code, ran.err) == (0, "1 pipeline, no errors\n")
