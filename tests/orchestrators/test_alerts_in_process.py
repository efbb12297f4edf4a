"""`dagglot run` on Airflow tells whom a scheduler's run tells: `DAG.test()` calls callbacks too."""

from __future__ import annotations

import pytest

from orchestrators.alerts import TOLD, heard_in_process

pytestmark = pytest.mark.orchestrator

TARGETS = [
    pytest.param(target, marks=pytest.mark.xdist_group("airflow"))
    for target in ("airflow", "airflow@2.11")
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("pipeline", ["told_failed", "told_success", "told_each"])
def test_everybody_is_told_once(target: str, pipeline: str) -> None:
    found = heard_in_process(target)
    told = sorted((one["task"], one["state"]) for one in found.hook if one["pipeline"] == pipeline)
    assert told == sorted(TOLD[pipeline])
    ended = "failed" if ("", "failed") in TOLD[pipeline] else "success"
    assert found.traces[pipeline]["run"] == ended


@pytest.mark.parametrize("target", TARGETS)
def test_a_failure_says_why_and_no_password(target: str) -> None:
    (flaky,) = heard_in_process(target).told("told_failed", "flaky")
    assert flaky["error"] == "RuntimeError: no way to https://***@db/x"
    (mail,) = heard_in_process(target).mails
    assert mail["subject"] == "told_failed failed"
