"""The scenarios of the documents, acted out in the real orchestrators, against the semantics."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from case_folders import TARGETS, cases
from dagglot import api, plan_jobs, replays
from dagglot.ir.model import Pipeline
from dagglot.project import NO_PROJECT
from dagglot.runner import Where
from dagglot.semantics.early import ends
from dagglot.semantics.replay import replayed
from dagglot.semantics.scenario import Given, read
from dagglot.semantics.simulate import Simulated, simulate


@dataclass(frozen=True)
class Acted:
    """A scenario of a document, as a pipeline with an id of its own."""

    source: str
    name: str
    pipeline: Pipeline
    """As the author wrote it."""
    given: Given
    acted: Pipeline

    @property
    def id(self) -> str:
        return f"{self.source}-{self.name}"


def scenarios() -> list[Acted]:
    made = []
    for case in cases():
        for pipeline in api.check(case.paths, case.project()).pipelines:
            for number, scenario in enumerate(pipeline.tests):
                given, refused = read(pipeline, scenario.given)
                assert not refused
                acted = replayed(pipeline, given, f"{pipeline.id}_{number}_acted")
                made.append(Acted(pipeline.id, scenario.name, pipeline, given, acted))
    return made


pytestmark = pytest.mark.orchestrator
SCENARIOS = scenarios()
GROUPS = [pytest.param(one, marks=pytest.mark.xdist_group(f"scenarios-{one}")) for one in TARGETS]


@cache
def ran(target: str) -> replays.Replayed:
    (job,), found = plan_jobs.jobs([target], Path(tempfile.gettempdir()), NO_PROJECT)
    assert not found
    params = {one.acted.id: dict(one.given.params) for one in SCENARIOS}
    # a process for each step of Dagster's takes seconds; test_runs has the executors as users do
    options = {"in_process": True}
    acted = [one.acted for one in SCENARIOS]
    return replays.run(acted, job, Where(), params=params, options=options)


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.id)
def test_a_real_run_ends_as_the_semantics_say(target: str, scenario: Acted) -> None:
    done = ran(target)
    if scenario.acted.id in done.refused:
        refusals = done.refused[scenario.acted.id]
        assert all("DG4" in one.rule.code for one in refusals)
        pytest.skip(refusals[0].message)
    trace = done.traces[scenario.acted.id]
    possible = [simulate(scenario.pipeline, scenario.given)]
    if target.startswith("airflow"):  # which decides early
        possible = [end.simulated for end in ends(scenario.pipeline, scenario.given)]
    assert (seen(trace), trace["run"]) in [(said(one), one.run) for one in possible]


def said(simulated: Simulated) -> dict[tuple[str, int | None], tuple[str, int | None]]:
    return {
        (one.task, one.index): (one.state.value, one.attempts if counts(one.state.value) else None)
        for one in simulated.instances
    }


def seen(trace: dict[str, Any]) -> dict[tuple[str, int | None], tuple[str, int | None]]:
    return {
        (one["id"], one["index"]): (
            one["state"],
            one["attempts"] if counts(one["state"]) else None,
        )
        for one in trace["tasks"]
    }


def counts(state: str) -> bool:
    """Attempts mean something where a body ran to an end."""
    return state in ("success", "failed")
