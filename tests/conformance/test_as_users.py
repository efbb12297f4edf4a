"""Fixed pipelines on unpatched orchestrators, started as their users start them.

Airflow's scheduler with the LocalExecutor, `prefect deploy` and a worker, `dagster dev` with its
daemon and each job's own executor. What the probes' shortcuts could hide, shows here.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from case_folders import CASES
from dagglot import api, replays, trace
from dagglot.ir.model import Pipeline
from dagglot.runtimes import environments, probe
from dagglot.semantics.early import ends
from dagglot.semantics.scenario import read
from dagglot.semantics.simulate import Simulated, simulate
from dagglot.semantics.states import State
from dagglot.targets.base import RunSpec
from orchestrators.engines import SOURCES
from orchestrators.test_limits import assert_limits

from . import engines
from .check import is_exact

HERE: Final = Path(__file__).parent
SCRIPTS: Final = {
    "airflow": "airflow_scheduler.py",
    "prefect": "prefect_worker.py",
    "dagster": "dagster_daemon.py",
}
SECONDS: Final = 900.0
"""For all runs together: a process for each task, on a machine that does other things too."""
GROUPS = [pytest.param(target, marks=pytest.mark.xdist_group(target)) for target in engines.TARGETS]


LIMITS = ("limits", "parallel")
"""Cases that say how much may run at once, which `DAG.test()` of Airflow cannot show."""


@cache
def limits() -> tuple[Pipeline, ...]:
    front = api.check([CASES / name / "pipeline.yaml" for name in LIMITS])
    assert not [one for one in front.diagnostics if one.is_error], front.diagnostics
    return front.pipelines


@cache
def fixed() -> tuple[Pipeline, ...]:
    front = api.check([HERE / "fixed"])
    assert not [one for one in front.diagnostics if one.is_error], front.diagnostics
    return front.pipelines


def test_there_are_ten_of_them_and_they_say_what_they_expect() -> None:
    assert len(fixed()) == 10
    for pipeline in fixed():
        (scenario,) = pipeline.tests
        given, refused = read(pipeline, scenario.given)
        assert not refused
        simulated = simulate(pipeline, given)
        named = {one.name: one.state.value for one in simulated.instances}
        assert {**named, "run": simulated.run}.items() >= scenario.expect.items()


@cache
def traces(target: str) -> tuple[dict[str, dict[str, Any]], Path] | str:
    """The trace of each and their folder, or why there is none: not tried again for each."""
    try:
        return _traces(target)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


def _traces(target: str) -> tuple[dict[str, dict[str, Any]], Path]:
    asked = engines.job(target, quick=False)
    pipelines = (*fixed(), *limits())
    made, refused = replays.generated(pipelines, asked)
    assert not refused, {id: [one.message for one in found] for id, found in refused.items()}
    runtime = environments.resolve(asked.target.name, asked.version)
    assert runtime is not None
    folder = Path(tempfile.mkdtemp(prefix="dagglot-users-"))
    root, modules = folder / "out", folder / "modules"
    modules.mkdir()
    shutil.copy(engines.ACTOR, modules)
    for path, text in made.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    names = {one.id: asked.target.names(one, asked.context) for one in pipelines}
    specs = [RunSpec(id, name) for id, name in names.items()]
    request = {
        **asked.target.run_request(root, [modules, SOURCES], specs, {}),
        "pools": {"narrow": 1},
        "probe": str(asked.target.probe("run").parent),
        "seconds": SECONDS,
    }
    script = HERE / "as_users" / SCRIPTS[asked.target.name]
    said = probe.run(
        environments.ensure(runtime),
        script,
        request,
        timeout=SECONDS + 900,
        cwd=folder,
        env={"BEHAVIOUR_DIR": str(folder)},
    )
    return {
        one["key"]: trace.from_probe(one, names[one["key"]], one["key"], target)
        for one in said["runs"]
    }, folder


@pytest.mark.users
@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("pipeline", fixed(), ids=lambda one: one.id)
def test_a_users_run_ends_as_the_semantics_say(target: str, pipeline: Pipeline) -> None:
    found = traces(target)
    assert not isinstance(found, str), found
    ran = found[0][pipeline.id]
    given, _ = read(pipeline, pipeline.tests[0].given)
    seen = {
        (task["id"], task["index"]): (task["state"], _counted(task["state"], task["attempts"]))
        for task in ran["tasks"]
    }
    if is_exact(target):
        assert (seen, ran["run"]) == _expected(simulate(pipeline, given))
    else:
        possible = [_expected(end.simulated) for end in ends(pipeline, given)]
        assert (seen, ran["run"]) in possible


@pytest.mark.users
@pytest.mark.parametrize("target", GROUPS)
def test_as_much_runs_at_once_as_may(target: str) -> None:
    found = traces(target)
    assert not isinstance(found, str), found
    assert_limits(*found)


def _expected(simulated: Simulated) -> tuple[dict[tuple[str, int | None], Any], str]:
    states = {
        (one.task, one.index): (one.state.value, _counted(one.state.value, one.attempts))
        for one in simulated.instances
    }
    return states, simulated.run


def _counted(state: str, attempts: int) -> int | None:
    return attempts if State(state) in (State.SUCCESS, State.FAILED) else None
