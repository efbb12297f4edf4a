"""`dagglot diff --against-output`: generated files against what the same documents make now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dagglot.features import Feature
from dagglot.targets.base import unsupported
from front_tools import FakeTarget, Space, schema_of


@pytest.fixture
def built(space: Space) -> Space:
    """A project with two pipelines, compiled."""
    space.project()
    space.pipeline("orders")
    space.pipeline("visits")
    space.compiled()
    return space


def against(space: Space, *words: str) -> dict[str, Any]:
    ran = space.run("diff", *words, "--format", "json")
    assert ran.out, ran.err
    data: dict[str, Any] = json.loads(ran.out)
    schema_of("diff").validate(data)
    assert (data["axis"], data["to"]) == ("output", None)
    return data


def told(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (one["pipeline"], change["code"], change["risk"])
        for one in data["pipelines"]
        for change in one["changes"]
    ]


def test_what_was_compiled_just_now_is_as_it_stands(built: Space) -> None:
    before = built.tree(".")
    for words in (("build",), ("build", "flows"), ("build", "flows/orders.yaml"), (".",)):
        data = against(built, "--against-output", *words)
        assert (data["pipelines"], data["shared"], data["made_with"]) == ([], [], [])
        assert data["unchanged"] == (1 if "flows/orders.yaml" in words else 2)
    assert built.tree(".") == before


def test_another_template_changes_the_text_alone(built: Space) -> None:
    built.write(".templates/flow.j2", "{{ id }} has {{ tasks }}\n")
    data = against(built, "--against-output", "build")
    assert told(data) == [("orders", "DG691", "cosmetic"), ("visits", "DG691", "cosmetic")]
    (change,) = data["pipelines"][0]["changes"]
    assert change["consequence"] == "text changed, behaviour the same: flows/orders.txt +1 -1"
    assert data["made_with"] == ["other templates"]
    ran = built.run("diff", "--against-output", "build")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "orders  DG691 cosmetic  text changed, behaviour the same: flows/orders.txt +1 -1\n"
        "visits  DG691 cosmetic  text changed, behaviour the same: flows/visits.txt +1 -1\n"
        "made with: other templates\n"
        "build: of 2 pipelines 2 are not as they stand there; 2 in the text alone\n"
    )


def test_many_of_which_the_text_alone_changed_are_few_lines(space: Space) -> None:
    space.project()
    for number in range(30):
        space.pipeline(f"p{number:02}")
    space.compiled()
    space.write(".templates/flow.j2", "{{ id }} has {{ tasks }}\n")
    ran = space.run("diff", "--against-output", "build")
    assert "\nand 20 more: text changed, behaviour the same\n" in ran.out
    assert len(ran.out.splitlines()) == 13


def test_another_document_is_another_question(built: Space) -> None:
    built.pipeline("orders", "  two: {type: noop}\n")
    data = against(built, "--against-output", "build")
    assert told(data) == [("orders", "DG693", "review")]
    assert "`--base` tells what" in data["pipelines"][0]["changes"][0]["consequence"]
    assert built.run("diff", "--against-output", "build").code == 0
    assert built.run("diff", "--against-output", "build", "--fail-on", "review").code == 1


def test_a_comment_is_no_difference(built: Space) -> None:
    built.pipeline("orders", "# more\n")
    assert told(against(built, "--against-output", "build")) == []


def test_what_came_and_what_went(built: Space) -> None:
    (built.root / "flows/visits.yaml").unlink()
    built.pipeline("new")
    data = against(built, "--against-output", "build")
    assert told(data) == [("new", "DG693", "review"), ("visits", "DG693", "review")]
    assert [one["change"] for one in data["pipelines"]] == ["added", "removed"]
    assert [one["path"] for one in data["shared"]] == ["index.txt"]
    # of paths that are named nothing else is said
    assert told(against(built, "flows/orders.yaml", "--against-output", "build")) == []


def test_what_was_edited_by_hand_nobody_can_tell(built: Space) -> None:
    built.write("build/flows/orders.txt", "orders: mine\n")
    built.write("build/index.txt", "mine\n")
    data = against(built, "--against-output", "build")
    assert told(data) == [("orders", "DG692", "undecidable")]
    assert data["shared"] == [{"path": "index.txt", "added": 1, "removed": 1, "edited": True}]
    assert (
        "shared files edited by hand: index.txt"
        in built.run("diff", "--against-output", "build").out
    )


def test_without_a_meaning_it_is_undecidable(built: Space) -> None:
    manifest = built.manifest()
    for entry in manifest["pipelines"]:
        del entry["meaning"]
    manifest = {**manifest, "dagglot_manifest": 1, "version": manifest["made"]["version"]}
    built.write("build/.dagglot-manifest.json", json.dumps(manifest))
    assert told(against(built, "--against-output", "build")) == []
    built.write(".templates/flow.j2", "{{ id }} has {{ tasks }}\n")
    data = against(built, "--against-output", "build")
    assert told(data)[0] == ("orders", "DG692", "undecidable")
    words = data["pipelines"][0]["changes"][0]["consequence"]
    assert words.startswith("undecidable: the text differs")


def test_what_is_refused_now(built: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    table = {**FakeTarget().capabilities("3.3"), Feature.NOOP: unsupported("it never could")}
    monkeypatch.setattr(FakeTarget, "capabilities", lambda *_: table)
    data = against(built, "--against-output", "build")
    assert told(data) == [("orders", "DG694", "breaking"), ("visits", "DG694", "breaking")]
    assert "it never could" in data["pipelines"][0]["changes"][0]["consequence"]
    assert built.run("diff", "--against-output", "build").code == 1


def test_several_targets(space: Space) -> None:
    space.project()
    space.pipeline("orders")
    space.compiled("-t", "airflow", "-t", "dagster", "-o", "out")
    assert told(against(space, "--against-output", "out")) == []
    space.write("out/dagster/flows/orders.txt", "x")
    data = against(space, "--against-output", "out")
    assert [one["path"] for part in data["pipelines"] for one in part["changes"]] == ["dagster"]


@pytest.mark.parametrize(
    ("place", "text", "codes"),
    [
        ("nowhere", "", ["DG538"]),
        ("flows", "", ["DG538"]),
        ("build", "<<<<<<< HEAD\n", ["DG514"]),
        ("build", '{"dagglot_manifest": 99}', ["DG514"]),
    ],
)
def test_no_output_there(built: Space, place: str, text: str, codes: list[str]) -> None:
    if text:
        built.write(f"{place}/.dagglot-manifest.json", text)
    ran = built.run("diff", "--against-output", place)
    assert ran.codes == codes
    assert ran.code in (1, 3)


def test_a_version_that_there_is_no_more(built: Space) -> None:
    manifest = built.manifest()
    manifest["made"]["version"] = "1.9"
    built.write("build/.dagglot-manifest.json", json.dumps(manifest))
    ran = built.run("diff", "--against-output", "build")
    assert (ran.code, ran.codes) == (2, ["DG408"])


def test_another_version_of_a_target_is_told(space: Space) -> None:
    """The folder is compared for the version that it was made for: which files differ for another
    one is no news, and what it means another question."""
    project = "dagglot: 1\nproject: test\npipelines: flows/*.yaml\ntemplates: .templates\n"
    version = project + 'targets: {{airflow: {{out: build, version: "{}"}}}}\n'
    space.write("dagglot.yaml", version.format("2.11"))
    space.pipeline("orders")
    assert space.run("compile").code == 0
    assert against(space, "--against-output", "build")["project"] is None
    space.write("dagglot.yaml", version.format("3.3"))
    data = against(space, "--against-output", "build")
    assert (data["pipelines"], data["made_with"]) == ([], ["another version of airflow, 2.11"])
    (change,) = data["project"]["changes"]
    assert (change["code"], change["risk"], change["before"]) == ("DG663", "review", "2.11")
    ran = space.run("diff", "--against-output", "build", "--fail-on", "review")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        "dagglot.yaml  DG663 review  is compiled for Airflow 3.3, was for 2.11: dagglot diff "
        "--from airflow@2.11 --to airflow@3.3 says what that changes\n"
        "made with: another version of airflow, 2.11\n"
        "build: 1 pipeline, generated as they stand there for the versions of then\n"
    )
    space.write(
        "dagglot.yaml", project + "targets: {prefect: }\n"
    )  # which was named on the command line, then
    assert against(space, "--against-output", "build")["project"] is None
