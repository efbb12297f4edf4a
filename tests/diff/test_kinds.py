"""A task that is another kind now, and what stays as it was beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_indirect import SINCE, diffed

from dagglot import api
from dagglot.diff.judge import judge
from front_tools import Space

DOCUMENT = """\
dagglot: 1
pipeline: orders
defaults: {{timeout: {limit}}}
alerts: {{mail: {{type: python, call: "a:b"}}, chat: {{type: python, call: "a:b"}}}}
tasks:
  first: {{type: noop}}
  it: {{depends_on: first, {it}}}
  below: {{type: noop, depends_on: it}}
"""
SENSOR = "type: sensor, wait_for: {duration: 5m}, timeout: 2h"
BRANCH = "type: branch, cases: [{if: true, to: below}]"
PYTHON = "type: python, call: 'etl:load'"


def told(before: str, after: str, limit: str = "1h") -> dict[str, tuple[str, str, str]]:
    found = diffed(*(DOCUMENT.format(it=it, limit=limit) for it in (before, after)))
    return {
        one.change.path: (one.verdict.rule.code, one.risk.value, one.verdict.consequence)
        for part in found.pipelines
        for one in part.changes
    }


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("1h", ("DG632", "breaking", "is stopped after 1h, was 2h")),
        ("2h", ("DG633", "cosmetic", "is stopped after 2h, as before")),
        ("3h", ("DG633", "safe", "may run for 3h")),
    ],
)
def test_a_sensor_had_a_limit(limit: str, expected: tuple[str, str, str]) -> None:
    assert told(SENSOR, PYTHON, limit)["tasks.it.timeout"] == expected


def test_a_sensor_has_a_limit() -> None:
    found = told(PYTHON, SENSOR, "1h")["tasks.it.timeout"]
    assert found == ("DG633", "safe", "may run for 2h")


@pytest.mark.parametrize(
    ("before", "after", "code", "risk", "words"),
    [
        ("type: notify, alerts: mail", "type: noop", "DG634", "breaking", "`mail` is not told"),
        (
            "type: notify, alerts: [mail, chat]",
            PYTHON,
            "DG634",
            "breaking",
            "`mail`, `chat` are not told",
        ),
        ("type: gate, if: true", "type: noop", "DG623", "review", "skips nothing below it"),
        (
            "type: branch, cases: [{if: true, to: below}]",
            "type: noop",
            "DG623",
            "review",
            "chooses no more",
        ),
        ("type: noop", "type: gate, if: true", "DG623", "review", "may skip what is below"),
        (SENSOR, "type: noop", "DG627", "review", "does not wait"),
        ("type: trigger_pipeline, pipeline: b", PYTHON, "DG627", "review", "does not start `b`"),
        (PYTHON, "type: shell, run: x", "DG627", "review", "another kind of task"),
    ],
)
def test_what_the_old_kind_did(before: str, after: str, code: str, risk: str, words: str) -> None:
    found = told(before, after)["tasks.it.type"]
    assert found[:2] == (code, risk)
    assert words in found[2]


PROJECT = 'alerts: {oncall: {type: python, call: "a:b"}}\nassets: {raw: {external: true}}\n'
USED = """\
dagglot: 1
pipeline: a
on_failure: oncall
tasks: {one: {type: noop, consumes: raw}}
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (PROJECT, {"on_failure.oncall", "tasks.one.consumes.raw"}),
        ("", {"on_failure.oncall", "tasks.one.consumes.raw", "alerts.oncall", "assets.raw"}),
    ],
)
def test_what_the_project_still_declares(space: Space, more: str, expected: set[str]) -> None:
    sides = []
    for text, declared in (
        (USED, PROJECT),
        (USED.replace("on_failure: oncall\n", "").replace(", consumes: raw", ""), more),
    ):
        space.project(declared)
        space.write("flows/a.yaml", text)
        front = api.check([], api.open_project(Path()).project)
        assert not front.diagnostics
        sides.append(front.pipelines)
    for before, after in (sides, sides[::-1]):
        (part,) = judge(before, after, SINCE).pipelines
        assert {one.change.path for one in part.changes} == expected
