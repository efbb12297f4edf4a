"""One edit of a document is one change, whatever else follows from it."""

from __future__ import annotations

import pytest
from test_indirect import diffed

DOCUMENT = """\
dagglot: 1
pipeline: orders
alerts: {x: {type: webhook, url: "https://example.com"}}
connections: {wh: {type: postgres}}
params: {n: {type: integer, default: 1}}
tasks:
  load:
    type: sql
    connection: wh
    sql: "delete from t"
    timeout: 1h
    retries: 3
    on_failure: x
    checks: [{name: some, sql: "select ${{ params.n }} > 0", connection: wh}]
  choose:
    type: branch
    depends_on: load
    cases: [{if: "${{ params.n > 1 }}", to: a}]
    else: b
  a: {type: noop, depends_on: choose}
  b: {type: noop, depends_on: choose}
"""
"""The timeout of a task is written into its statement and into those of its checks, which take over
its attempts and who is told too."""
NOW_BOTH = "a: {type: noop, depends_on: [choose, load]}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("timeout: 1h", "timeout: 2h", ["DG633 safe tasks.load.timeout 1h 2h"]),
        ("    timeout: 1h\n", "", ["DG633 safe tasks.load.timeout 1h None"]),
        ("postgres", "mysql", ["DG654 review connections.wh.type postgres mysql"]),
        ("retries: 3", "retries: 1", ["DG630 breaking tasks.load.retries.count 3 1"]),
        ("name: some", "severity: warn, name: some", ["DG644 breaking tasks.load.some.severity"]),
        ("    on_failure: x\n", "", ["DG634 breaking tasks.load.on_failure.x"]),
        ('"delete from t"', '"delete from u"', ["DG627 review tasks.load.sql"]),
        ("> 0", ">= 0", ["DG627 review tasks.load.some.sql"]),
        ("to: a}]", "to: b}]", ["DG623 review tasks.choose.cases.0.to a b"]),
        ("    else: b", "    else: a", ["DG623 review tasks.choose.else b a"]),
        ("    else: b\n", "", ["DG623 review tasks.choose.else.b"]),
        ("${{ params.n > 1 }}", "${{ params.n > 2 }}", ["DG623 review tasks.choose.cases.0.if"]),
        ("a: {type: noop, depends_on: choose}", NOW_BOTH, ["DG621 review tasks.a.depends_on.load"]),
    ],
)
def test_one_edit(old: str, new: str, expected: list[str]) -> None:
    assert old in DOCUMENT
    after = DOCUMENT.replace(old, new)
    told = [
        f"{one.verdict.rule.code} {one.risk.value} {one.change.path} {one.before} {one.after}"
        for part in diffed(DOCUMENT, after).pipelines
        for one in part.changes
    ]
    assert len(told) == len(expected)
    assert all(map(str.startswith, told, expected)), told


def test_a_check_comes_and_goes_alone() -> None:
    without = DOCUMENT.replace(
        'checks: [{name: some, sql: "select ${{ params.n }} > 0", connection: wh}]', ""
    )
    for before, after in ((without, DOCUMENT), (DOCUMENT, without)):
        (part,) = diffed(before, after).pipelines
        assert [one.change.path for one in part.changes] == ["tasks.load.some"]


@pytest.mark.parametrize("said", ["    moved: {from: load}\n", ""])
def test_a_check_follows_its_task(said: str) -> None:
    after = DOCUMENT.replace("  load:\n", f"  read:\n{said}").replace("on: load", "on: read")
    (part,) = diffed(DOCUMENT, after).pipelines
    assert [(one.change.path, one.verdict.rule.code, one.risk.value) for one in part.changes] == [
        ("tasks.read", *(("DG607", "review") if said else ("DG606", "breaking"))),
        ("tasks.read.some", "DG607", "cosmetic"),
    ]
