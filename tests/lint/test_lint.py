"""`dagglot lint`: each rule on what it is for, and on what looks like it and is right.

``cases/<rule>/refused.yaml``  what a rule is for; ``# lint: DG804`` ends a line with a finding
``cases/<rule>/refused.txt``   what is said of it
``cases/<rule>/accepted.yaml`` near to it, and nothing is said
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from case_folders import EXAMPLES
from dagglot import api
from dagglot.diagnostics import codes, render
from dagglot.diagnostics.model import Diagnostic, Rule
from dagglot.lint.advise import advise
from dagglot.lint.secrets import veiled
from dagglot.lint.texts import Look
from dagglot.project import NO_PROJECT, Project
from dagglot.targets import registry
from front_tools import Space

CASES = Path(__file__).parent / "cases"
RULES = [rule for rule in codes.all_rules() if rule.code.startswith("DG8")]
IDS = [rule.name for rule in RULES]


def linted(
    *paths: Path, project: Project = NO_PROJECT, more: Mapping[str, str] = {}
) -> tuple[tuple[Diagnostic, ...], Mapping[str, str]]:
    """The advice on some documents, and the texts that snippets of it show."""
    front = api.check(paths, project)
    assert not front.diagnostics, render.text(front.diagnostics, front.sources)
    known = {one.id: one for one in front.pipelines}
    whole = not paths and project.document is not None
    look = Look({**more, **front.sources}, registry.NAMES, known, whole)
    return advise(front.pipelines, look, project.lint), veiled(front.pipelines, look)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_refused(rule: Rule, update: bool) -> None:
    """The marks in the document are exactly the findings, and their text is as written."""
    file = CASES / rule.name / "refused.yaml"
    found, texts = linted(file)
    assert rule.code in {one.rule.code for one in found}
    shown = re.sub(r"(?m)^( *)\S*tests/lint/cases/[^/]+/", r"\1", render.text(found, texts))
    golden = file.with_suffix(".txt")
    if update:
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
    marked = [
        (number, code)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for code in re.findall(r"DG\d{3}", line.partition("lint:")[2])
    ]
    seen = [
        (one.span.line, one.rule.code)
        for one in found
        if one.span is not None and one.span.file.endswith("refused.yaml")
    ]
    assert sorted(seen) == sorted(marked)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_accepted(rule: Rule) -> None:
    """What is near to it and right: no rule says anything."""
    found, texts = linted(CASES / rule.name / "accepted.yaml")
    assert render.text(found, texts) == ""


def test_every_case_is_of_a_rule() -> None:
    assert {folder.name for folder in CASES.iterdir()} == set(IDS)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_example_of_a_rule(rule: Rule, tmp_path: Path) -> None:
    """What `explain` shows: the one is found, and of the better one nothing is said."""
    for part, expected in ((rule.worse, [rule.code]), (rule.better, [])):
        file = tmp_path / "example.yaml"
        head = "dagglot: 1\npipeline: example\n"
        if rule.name != "no-owner":
            head += "owner: data-eng@example.com\n"
        if rule.name != "no-failure-alert" and "alerts:" not in part:
            head += "alerts: {x: {type: python, call: 'a:b'}}\non_failure: x\n"
        tail = "" if "tasks:" in part else "\ntasks: {one: {type: noop}}"
        file.write_text(f"{head}{part}{tail}\n", encoding="utf-8")
        found, texts = linted(file)
        assert [one.rule.code for one in found] == expected, render.text(found, texts)


@pytest.mark.parametrize("folder", sorted(one for one in EXAMPLES.iterdir() if one.is_dir()))
def test_the_examples_follow_the_advice(folder: Path) -> None:
    """Or say why not, in the comment that ignores it."""
    opened = api.open_project(folder)
    paths = [] if opened.project.document else [folder]
    found, texts = linted(*paths, project=opened.project, more=opened.sources)
    assert render.text(found, texts) == ""
    for file in folder.rglob("*.yaml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            comment = line.partition("dagglot: ignore")[2]
            assert not comment or re.search(r"DG\d{3}\W+\w+ \w+", comment), line


def test_the_switches_of_the_schema_are_the_rules() -> None:
    schema = json.loads((EXAMPLES.parent / "schemas" / "project.v1.schema.json").read_bytes())
    assert list(schema["properties"]["lint"]["properties"]) == [rule.code for rule in RULES]


# --- what silences it ---------------------------------------------------------------------------

SENSOR = """\
dagglot: 1
pipeline: a
tasks:
  there: {type: sensor, wait_for: {file: /data/in.csv}}
"""


@pytest.mark.parametrize(
    ("level", "code", "said"),
    [
        ("off", 0, "nothing to say"),
        ("note", 0, "DG804 note:"),
        ("warning", 1, "DG804 warning:"),
        ("error", 1, "DG804 sensor"),
    ],
)
def test_a_project_switches_a_rule(space: Space, level: str, code: int, said: str) -> None:
    space.project(f"lint: {{DG804: {level}}}\n")
    space.write("flows/a.yaml", SENSOR)
    ran = space.run("lint")
    assert ran.code == code
    assert said in ran.err


def test_a_switch_of_no_rule(space: Space) -> None:
    space.project("lint: {DG899: off}\n")
    ran = space.run("lint")
    assert (ran.code, ran.codes) == (3, ["DG101"])


@pytest.mark.parametrize("comment", ["# dagglot: ignore DG804", "# Dagglot: ignore DG804, DG805 x"])
def test_a_comment_at_the_line_or_above(comment: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    line = SENSOR.splitlines()[3]
    for text in (f"{line} {comment}", f"  {comment}\n{line}", f"  {comment}\n  # more\n{line}"):
        file.write_text(SENSOR.replace(line, text), encoding="utf-8")
        needed = [one.message for one in linted(file)[0]]
        assert needed == (["there is no DG805 here to ignore"] if "DG805" in comment else [])


def test_a_comment_two_lines_above_is_none(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SENSOR.replace("tasks:", "tasks: # dagglot: ignore DG804"), encoding="utf-8")
    assert [one.rule.code for one in linted(file)[0]] == ["DG800", "DG804"]


def test_a_comment_is_not_too_many_where_its_rule_is_off(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SENSOR.replace("  there", "  # dagglot: ignore DG804\n  there"), "utf-8")
    project = replace(NO_PROJECT, lint={"DG804": "off"})
    assert linted(file, project=project)[0] == ()


def test_a_comment_in_a_file_of_sql(tmp_path: Path) -> None:
    document = """\
dagglot: 1
pipeline: a
connections: {db: {type: postgres}}
tasks:
  one: {type: sql, connection: db, file: one.sql}
"""
    (tmp_path / "a.yaml").write_text(document, encoding="utf-8")
    sql = tmp_path / "one.sql"
    sql.write_text("select 1\nwhere day = current_date\n", encoding="utf-8")
    (found,), _ = linted(tmp_path / "a.yaml")
    assert found.span is not None
    assert found.span[1:] == (2, 13, 2, 25)
    assert found.span.file.endswith("one.sql")
    sql.write_text("select 1\nwhere day = current_date -- dagglot: ignore DG809\n", "utf-8")
    assert linted(tmp_path / "a.yaml")[0] == ()


# --- the command --------------------------------------------------------------------------------


def test_formats(space: Space) -> None:
    space.project()
    space.write("flows/a.yaml", SENSOR)
    data = json.loads(space.run("lint", "--format", "json").out)
    assert [one["code"] for one in data["diagnostics"]] == ["DG804"]
    assert space.run("lint", "--format", "github").out.startswith("::warning title=DG804")
    sarif = json.loads(space.run("lint", "--format", "sarif").out)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "DG804"


def test_errors_come_first_and_count_more(space: Space) -> None:
    space.project()
    space.write("flows/a.yaml", SENSOR)
    space.write("flows/b.yaml", "dagglot: 1\npipeline: b\ntasks: {one: {type: nop}}\n")
    ran = space.run("lint")
    assert ran.code == 3
    assert ran.codes == ["DG804", "DG104"]


def test_advice_for_one_target(space: Space) -> None:
    space.project()
    call = "airflow.operators.empty:EmptyOperator"
    space.write(
        "flows/a.yaml",
        f"dagglot: 1\npipeline: a\ntasks: {{one: {{type: native, airflow: {{call: '{call}'}}}}}}\n",
    )
    assert space.run("lint", "-t", "airflow@2.11").codes == ["DG815"]
    assert space.run("lint", "-t", "prefect").codes == []
    assert space.run("lint", "-t", "prefext").code == 2


def test_no_message_shows_a_secret(space: Space) -> None:
    space.project()
    text = (CASES / "secret-in-document" / "refused.yaml").read_text(encoding="utf-8")
    space.write("flows/a.yaml", text)
    for format in ("text", "json", "github", "sarif"):
        ran = space.run("lint", "--format", format)
        assert ran.code == 1
        for secret in re.findall(r"not-?for-?you\w*", text, re.IGNORECASE):
            assert secret not in ran.out + ran.err


def test_explain_shows_the_better_way(space: Space) -> None:
    said = space.run("explain", "DG804").out
    assert "Instead of:" in said
    assert "write:" in said
    assert "timeout: 2h" in said


def test_a_switch_is_a_constant(space: Space) -> None:
    space.project('lint: {DG804: "${{ vars.level }}"}\n')
    ran = space.run("lint")
    assert (ran.code, ran.codes) == (4, ["DG112"])


def test_a_new_project_follows_the_advice(space: Space) -> None:
    assert space.run("init", ".").code == 0
    ran = space.run("lint")
    assert (ran.code, ran.err) == (0, "1 pipeline, nothing to say\n")


# --- links between pipelines --------------------------------------------------------------------

STARTER = """\
dagglot: 1
pipeline: starter
tasks:
  start: {type: trigger_pipeline, pipeline: %s}
"""


@pytest.mark.parametrize(
    ("name", "paths", "said"),
    [
        ("othr", (), "did you mean `other`?"),
        ("shop_of_others", (), "where others deploy it"),
        ("othr", ("flows",), ""),  # where the rest of the project is not read, nobody can tell
        ("other", (), ""),
    ],
)
def test_a_pipeline_that_the_project_has_not(
    space: Space, name: str, paths: tuple[str, ...], said: str
) -> None:
    space.project("")
    space.write("flows/a.yaml", STARTER % name)
    space.write("flows/b.yaml", "dagglot: 1\npipeline: other\ntasks: {one: {type: noop}}\n")
    ran = space.run("lint", *paths)
    assert ("DG817" in ran.codes, said in ran.err) == (bool(said), True)


def test_of_a_wrong_document_nobody_knows_what_it_has(space: Space) -> None:
    space.project("")
    space.write("flows/a.yaml", STARTER % "other")
    space.write("flows/b.yaml", "dagglot: 1\npipeline: other\ntasks: {one: {type: nop}}\n")
    assert "DG817" not in space.run("lint").codes
