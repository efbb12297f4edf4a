"""`dagglot diff --from … --to …`: what differs when pipelines move, each rule on a case of its own.

``moves/<rule>/pipeline.yaml``  the pipelines; the first line says from where to where
``moves/<rule>/expected.txt``   what is said of it
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from test_compare import read_all

from case_folders import cases
from dagglot import api, capabilities, plan_jobs
from dagglot.diagnostics import codes, render
from dagglot.diagnostics.model import Rule
from dagglot.diff import moves
from dagglot.diff.judge import Diff
from dagglot.diff.rules.base import Risk
from dagglot.features import Feature
from dagglot.jobs import Job
from dagglot.project import NO_PROJECT
from dagglot.reports import diff as reports
from dagglot.reports.table import plain
from dagglot.support import columns
from dagglot.targets import registry
from dagglot.targets.base import Support
from front_tools import Space, schema_of
from random_documents import documents

CASES = Path(__file__).parent / "moves"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
RULES = [rule for rule in codes.all_rules() if rule.name.startswith("move-")]
IDS = [rule.name for rule in RULES]


def job(word: str) -> Job:
    (made,), found = plan_jobs.jobs([word], None, NO_PROJECT)
    assert not found
    return made


def moved(folder: Path) -> tuple[Diff, dict[str, Any]]:
    file = folder / "pipeline.yaml"
    front = api.check([file])
    errors = [one for one in front.diagnostics if one.is_error]
    assert not errors, render.text(errors, front.sources)
    before, _, after = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split()
    found = moves.judge(front.pipelines, job(before), job(after), SINCE)
    axis = "version" if job(before).target is job(after).target else "target"
    return found, reports.as_data(found, before, axis=axis, to=after)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_case_of_each_rule(rule: Rule, update: bool) -> None:
    """The rule is met, at its own risk, and what is said is as written."""
    folder = CASES / rule.name
    found, data = moved(folder)
    met = {(one.verdict.rule.code, one.risk) for part in found.pipelines for one in part.changes}
    assert (rule.code, Risk(rule.risk)) in met
    schema_of("diff").validate(data)
    text = re.sub(r"\S*tests/diff/moves/[^/]+/", "", reports.as_text(data, plain))
    golden = folder / "expected.txt"
    if update:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_case_is_of_a_rule() -> None:
    assert {folder.name for folder in CASES.iterdir()} == set(IDS)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_a_move_to_where_it_is_changes_nothing(document: dict[str, Any]) -> None:
    pipelines = read_all(json.dumps(document, ensure_ascii=False))
    for word in columns():
        found = moves.judge(pipelines, job(word), job(word), SINCE)
        assert (found.pipelines, found.unchanged) == ((), len(pipelines))


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), list(permutations(columns(), 2)))
def test_every_case_on_every_way(one: str, other: str) -> None:
    """A move is refused exactly where a compile is; what is lossy there is said; the rest is equal,
    emulated, or needed."""
    before, after = job(one), job(other)
    for case in list(cases())[::7]:
        front = api.check(case.paths, case.project())
        if any(one.is_error for one in front.diagnostics):
            continue
        found = {
            part.id: part for part in moves.judge(front.pipelines, before, after, SINCE).pipelines
        }
        for pipeline in front.pipelines:
            told = {
                change.feature: change
                for change in (found[pipeline.id].changes if pipeline.id in found else ())
            }
            judged = capabilities.judge(pipeline, after.target, after.version)
            for each in judged:
                feature = each.use.feature
                if each.verdict.support is Support.UNSUPPORTED:
                    assert told[feature.value].risk is Risk.BREAKING
                elif feature is not Feature.SCHEDULE_CLOCK_CHANGES:
                    known = {
                        was.verdict
                        for was in capabilities.judge(pipeline, before.target, before.version)
                        if was.use.feature is feature
                    }
                    assert feature.value in told or each.verdict in known
                    if each.verdict.support is Support.LOSSY and feature.value in told:
                        assert (told[feature.value].risk is Risk.SAFE) is each.accepted
            refused = any(one.verdict.support is Support.UNSUPPORTED for one in judged) or any(
                one.is_error for one in after.target.refusals(pipeline, after.context)
            )
            breaking = pipeline.id in found and found[pipeline.id].risk is Risk.BREAKING
            assert breaking is refused


SILENT = """\
dagglot: 1
pipeline: a
tasks:
  one: {type: noop}
  two: {type: noop, depends_on: one}
"""


@pytest.mark.parametrize(("one", "other"), list(permutations(columns(), 2)))
def test_what_a_document_leaves_out_means_the_same(one: str, other: str) -> None:
    """No retries, no timeout, no catch-up, the run's outcome: no default of a target is left to it,
    so that none is a difference. What Prefect needs always is a work pool."""
    found = moves.judge(read_all(SILENT), job(one), job(other), SINCE)
    told = [change.verdict.rule.name for part in found.pipelines for change in part.changes]
    assert told == (["move-needs"] if other.startswith("prefect") else [])


# --- the command --------------------------------------------------------------------------------

REAL = registry.get


@pytest.fixture
def here(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(registry, "get", REAL)
    return space


APPROVED = "dagglot: 1\npipeline: a\ntasks:\n  ask: {type: approval, message: 'Fine?'}\n"


def test_the_axes(here: Space) -> None:
    here.write("flows/a.yaml", APPROVED)
    for words, axis, code in (
        (("airflow", "dagster"), "target", 1),
        (("airflow@2.11", "airflow"), "version", 0),
        (("airflow@3.3", "airflow@2.11"), "version", 1),
        (("prefect", "prefect"), "version", 0),
    ):
        ran = here.run("diff", "flows", "--from", words[0], "--to", words[1], "--format", "json")
        data = json.loads(ran.out)
        schema_of("diff").validate(data)
        assert (data["axis"], ran.code) == (axis, code)
        assert data["base"].startswith(words[0])
        assert data["to"].startswith(words[1])


def test_accepted_is_no_more_than_safe(here: Space) -> None:
    text = "dagglot: 1\npipeline: a\n{}tasks: {{a: {{type: noop, priority: 3}}}}\n"
    words = ("diff", "flows", "--from", "airflow", "--to", "prefect", "--fail-on", "review")
    here.write("flows/a.yaml", text.format(""))
    assert here.run(*words).code == 1
    here.write("flows/a.yaml", text.format("accept: {prefect: [priority]}\n"))
    assert here.run(*words).code == 0


def test_what_is_accepted_in_the_project_is_refused_still(here: Space) -> None:
    here.write("flows/a.yaml", APPROVED)
    head = "dagglot: 1\nproject: test\npipelines: flows/*.yaml\n"
    here.write("dagglot.yaml", head)
    words = ("diff", "--from", "airflow", "--to", "dagster")
    printed = here.run(*words, "--print-waivers").out
    here.write("dagglot.yaml", head + printed.replace('reason: ""', "reason: it is split later"))
    ran = here.run(*words)
    assert ran.code == 0
    assert ran.out.startswith("a: accepted\n  refused  approval  DG680 accepted\n")
    assert ran.out.endswith("of 1 pipeline none moves as it is, 1 is refused\n")
    # it is for nothing in another question, which is no fault of it
    other = here.run("diff", "--from", "airflow@2.11", "--to", "airflow")
    assert (other.code, other.err) == (0, "")
    here.write("old/a.yaml", APPROVED)
    other = here.run("diff", "--base", "old")
    assert (other.code, other.err) == (0, "")


def test_from_refused_to_nearly_is_for_review(here: Space) -> None:
    here.write("flows/a.yaml", APPROVED)
    words = ("diff", "flows", "--from", "airflow@2.11", "--to", "prefect")
    assert "  differs  approval  DG681 review\n" in here.run(*words).out
    assert here.run(*words, "--fail-on", "review").code == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say what to compare with: `--base REF|DIR`"),
        (("--from", "airflow"), 2, "`--from` asks for `--to` too"),
        (("--to", "airflow"), 2, "`--to` asks for `--from` too"),
        (("--from", "airflow", "--to", "dagster", "--base", "x"), 2, "one thing varies at a time"),
        (("--base", "x", "--against-output", "y"), 2, "`--base` and `--against-output`"),
        (("--from", "airlow", "--to", "dagster"), 2, "did you mean `airflow`"),
        (("--from", "airflow@1.9", "--to", "dagster"), 2, "there is `airflow@3.3`"),
        (
            ("--from", "2026-01-01", "--to", "dagster"),
            2,
            "the instant to look on from is `--since 2026",
        ),
    ],
)
def test_wrong_usage(here: Space, words: tuple[str, ...], code: int, said: str) -> None:
    here.pipeline("orders")
    ran = here.run("diff", "flows", *words)
    assert said in ran.err
    assert ran.code == code
