"""`dagglot report`: what is added up, what is in the way, and how it ends."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from case_folders import cases
from dagglot import api, capabilities, plan_jobs
from dagglot.portability import STATUSES, Status, cell
from dagglot.project import NO_PROJECT
from dagglot.support import columns
from front_tools import Space, schema_of

HEAD = "dagglot: 1\npipeline: {}\n{}tasks:\n"
POOL = "  load: {type: shell, run: x, pool: db}\n"
SQL = "  load: {type: sql, connection: db, sql: select 1}\n"
CONNECTION = "connections: {db: {type: sqlite}}\n"


@pytest.fixture
def team(space: Space) -> Space:
    """On every target `pool` is lossy, jitter emulated, and SQL refused."""
    space.write("flows/a.yaml", HEAD.format("plain", "") + "  load: {type: shell, run: x}\n")
    space.write("flows/b.yaml", HEAD.format("pooled", "") + POOL)
    space.write("flows/c.yaml", HEAD.format("also_pooled", "") + POOL + POOL.replace("load", "b"))
    accept = "accept: {dagster: [pool]}\n"
    space.write("flows/d.yaml", HEAD.format("accepting", accept) + POOL)
    space.write("flows/e.yaml", HEAD.format("asking", CONNECTION) + SQL)
    jitter = "  load: {type: shell, run: x, retries: {count: 1, delay: 1m, jitter: 1s}}\n"
    space.write("flows/f.yaml", HEAD.format("retried", "") + jitter)
    return space


def reported(space: Space, *words: str) -> dict[str, Any]:
    ran = space.run("report", "flows", *words, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    data: dict[str, Any] = json.loads(ran.out)
    schema_of("report").validate(data)
    return data


def test_what_is_added_up(team: Space) -> None:
    data = reported(team, "-t", "dagster", "-t", "airflow@2.11")
    assert list(data["targets"]) == ["dagster@3.3", "airflow@2.11"]
    assert data["targets"]["dagster@3.3"] == {
        "title": "Dagster 3.3",
        "untouched": 3,
        "totals": {"native": 1, "emulated": 1, "accepted": 1, "lossy": 2, "refused": 1},
        "refused_by": [{"feature": "sql", "pipelines": 1}],
        "lossy_by": [{"feature": "pool", "pipelines": 2}],
    }
    assert data["targets"]["airflow@2.11"]["totals"]["lossy"] == 3
    assert data["facts"]["pipelines"] == len(data["pipelines"]) == 6
    assert data["facts"]["tasks"] == 7


def test_each_place_of_each_pipeline(team: Space) -> None:
    rows = {one["pipeline"]: one for one in reported(team, "-t", "prefect")["pipelines"]}
    (found,) = rows["also_pooled"]["targets"]["prefect@3.3"]["findings"]
    assert (found["feature"], found["status"]) == ("pool", "lossy")
    assert found["reason"] == "it takes turns"
    assert [one["line"] for one in found["places"]] == [4, 5]
    assert rows["asking"]["place"] == {"file": "flows/e.yaml", "line": 2, "column": 11}


def test_the_text(team: Space) -> None:
    ran = team.run("report", "flows", "-t", "dagster")
    assert (ran.code, ran.err) == (0, "")
    head, cause, table, _ = ran.out.split("\n\n", 3)
    assert "3 of 6 move untouched; 2 lossy: pool 2; 1 blocked by: sql 1" in head
    assert "  refused  sql  1 pipeline\n      it cannot\n      flows/e.yaml:5" in cause
    assert "  lossy  pool  2 pipelines\n" in cause
    assert [line.split() for line in table.splitlines()] == [
        ["dagster@3.3"],
        ["also_pooled", "lossy"],
        ["asking", "refused"],
        ["pooled", "lossy"],
        ["3", "pipelines", "move", "untouched", "to", "each", "of", "them"],
    ]


@pytest.mark.parametrize("shape", ["markdown", "html", "text"])
def test_no_text_of_a_user_is_markup(team: Space, shape: str) -> None:
    name = "<b>x</b>.yaml"
    team.write(f"flows/{name}", HEAD.format("hostile", "") + POOL)
    ran = team.run("report", "flows", "-t", "dagster", "--format", shape)
    assert (ran.code, ran.err) == (0, "")
    assert "hostile" in ran.out
    if shape != "text":
        assert "<b>x</b>" not in ran.out


class _Tags(HTMLParser):
    """Checks that tags are closed in order, and collects what is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(team: Space) -> None:
    page = team.run("report", "flows", "--format", "html").out
    parser = _Tags()
    parser.feed(page)
    assert (parser.open, parser.fetched) == ([], [])
    assert page.count("<script") == 1  # our own, whose hash the policy names
    for words in ("it takes turns", "3 of 6 move untouched", "flows/e.yaml:5", "Which of them"):
        assert words in page


def test_the_markdown_has_all_rows(team: Space) -> None:
    text = team.run("report", "flows", "-t", "dagster", "-t", "prefect", "--format", "markdown").out
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert "| dagster@3.3 | 3 of 6 | 2 lossy: pool 2; 1 blocked by: sql 1 |" in tables
    assert "| <code>accepting</code> | 🔵 accepted | 🟡 lossy |" in tables
    assert "- [ ] **skills**" in text


@pytest.mark.parametrize(
    ("files", "words", "code"),
    [
        ("flows", (), 0),
        ("flows", ("--fail-on", "unsupported"), 4),
        ("flows", ("--fail-on", "lossy"), 4),
        ("flows/b.yaml", ("--fail-on", "unsupported"), 0),
        ("flows/b.yaml", ("--fail-on", "lossy"), 1),
        ("flows/d.yaml", ("--fail-on", "lossy"), 0),
        ("flows/a.yaml", ("--fail-on", "lossy"), 0),
        ("nowhere.yaml", (), 3),
    ],
)
def test_codes(team: Space, files: str, words: tuple[str, ...], code: int) -> None:
    assert team.run("report", files, "-t", "dagster", *words).code == code


def test_wrong_usage(team: Space) -> None:
    ran = team.run("report", "flows", "-t", "dagstr")
    assert (ran.code, ran.codes) == (2, ["DG404"])
    assert team.run("report").code == 2


@pytest.mark.parametrize("word", columns())
def test_it_says_what_a_compile_does(word: str, tmp_path: Path) -> None:
    """A pipeline is refused here exactly where its compile is, and lossy where that warns."""
    (job,), _ = plan_jobs.jobs([word], tmp_path, NO_PROJECT)
    met = set()
    for case in list(cases())[::5]:
        project = case.project()
        front = api.check(case.paths, project)
        if any(one.is_error for one in front.diagnostics):
            continue
        for one in front.pipelines:
            found = cell(one, job, project.layers.accept)
            met.add(found.status)
            told = capabilities.judge(one, job.target, job.version, project.layers.accept)
            said = list(capabilities.findings(one, job.target, job.version, told))
            said += job.target.refusals(one, job.context)
            refused = any(it.is_error for it in said)
            lossy = any(it.rule.code == "DG402" for it in said)
            assert (found.status is Status.REFUSED) is refused
            assert (found.status is Status.LOSSY) is (lossy and not refused)
    assert {Status.NATIVE, Status.EMULATED, Status.REFUSED} & met


def test_statuses_are_in_order() -> None:
    assert [one.value for one in STATUSES] == ["native", "emulated", "accepted", "lossy", "refused"]
