"""`dagglot diff`: each rule on a change that it is for.

``cases/<rule>/before.yaml``  the pipelines before
``cases/<rule>/after.yaml``   and after
``cases/<rule>/expected.txt`` what is said of it
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mutations import mutations

from case_folders import cases
from dagglot import api
from dagglot.diagnostics import codes, render
from dagglot.diagnostics.model import Rule
from dagglot.diff.compare import compare
from dagglot.diff.judge import Diff, judge
from dagglot.diff.rules import judge as judge_change
from dagglot.diff.rules.base import Risk, Sides
from dagglot.diff.texts import texts_of
from dagglot.ir.model import Pipeline
from dagglot.reports import diff as reports
from dagglot.reports.table import plain

CASES = Path(__file__).parent / "cases"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
RULES = [
    rule
    for rule in codes.all_rules()
    if rule.code.startswith("DG6")
    and not rule.name.startswith(("move-", "output-"))
    and not "DG661" <= rule.code <= "DG669"
]
"""Those of moves, of generated files and of the project file have tests of their own."""
IDS = [rule.name for rule in RULES]


def pipelines(file: Path) -> tuple[tuple[Pipeline, ...], Mapping[str, str]]:
    front = api.check([file])
    errors = [one for one in front.diagnostics if one.is_error]
    assert not errors, render.text(errors, front.sources)
    return front.pipelines, texts_of(front.pipelines, front.sources)


def diffed(folder: Path) -> Diff:
    (before, old), (after, new) = (
        pipelines(folder / f"{side}.yaml") for side in ("before", "after")
    )
    return judge(before, after, SINCE, (old, new))


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_case_of_each_rule(rule: Rule, update: bool) -> None:
    """The rule is met, at its own risk, and what is said is as written."""
    folder = CASES / rule.name
    found = diffed(folder)
    met = {(one.verdict.rule.code, one.risk) for part in found.pipelines for one in part.changes}
    assert (rule.code, Risk(rule.risk)) in met
    text = reports.as_text(reports.as_data(found, "before"), plain)
    text = re.sub(r"\S*tests/diff/cases/[^/]+/", "", text)
    golden = folder / "expected.txt"
    if update:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_case_against_itself(rule: Rule) -> None:
    for side in ("before", "after"):
        some, texts = pipelines(CASES / rule.name / f"{side}.yaml")
        found = judge(some, some, SINCE, (texts, texts))
        assert (found.pipelines, found.unchanged) == ((), len(some))


def test_every_case_is_of_a_rule() -> None:
    assert {folder.name for folder in CASES.iterdir()} == set(IDS)


def test_no_change_falls_through() -> None:
    """Every mutation of every pipeline has a verdict in the house style."""
    met: set[str] = set()
    for case in cases():
        front = api.check(case.paths, case.project())
        if any(one.is_error for one in front.diagnostics):
            continue
        for pipeline in front.pipelines:
            for one in mutations(pipeline):
                if f"{one.owner}.{one.field}" in met:
                    continue
                met.add(f"{one.owner}.{one.field}")
                for before, after in ((pipeline, one.changed), (one.changed, pipeline)):
                    sides = Sides(before, after, (after,), SINCE)
                    for change in compare(before, after):
                        said = judge_change(change, sides)
                        assert said.consequence
                        assert not said.consequence.endswith(".")
                        assert said.consequence.count("`") % 2 == 0
