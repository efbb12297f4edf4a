"""Real runs: the same values, the same states, the same attempts on every orchestrator."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from case_folders import CASES, TARGETS
from dagglot import api
from dagglot.expressions.evaluate import Environment, evaluate, text_of, to_json
from dagglot.expressions.types import Kind
from orchestrators.engines import RUNS, SOURCES, answers, more_examples

sys.path.insert(0, str(SOURCES))
from behaviour import bodies

GROUPS = [pytest.param(target, marks=pytest.mark.xdist_group(target)) for target in TARGETS]
pytestmark = pytest.mark.orchestrator


def tasks(target: str, key: str) -> dict[str, dict[str, Any]]:
    return {task["id"]: task for task in answers(target).traces[key]["tasks"]}


def states(target: str, key: str) -> dict[str, str]:
    return {id: task["state"] for id, task in tasks(target, key).items()}


# --- values -------------------------------------------------------------------------------------

SCRIPTS = {
    "script": "3 {{ params.text }} 3 2026-10-24 \\ 'q'",
    "dot_sh": "ends in x.sh",
    "pipe": "not strict",
    "both": "last",
    "nothing": None,
    "silent": "",
    "folder": "0",
    "here": "/",
    "inherits": "inherited",
}


def reference() -> tuple[Mapping[str, Any], Environment]:
    """The pipeline `values`, and the run of it that was asked for, to the reference evaluator."""
    (pipeline,) = api.check([CASES / "values" / "pipeline.yaml"]).pipelines
    moment = datetime(2026, 10, 24, 2, 30, tzinfo=ZoneInfo("Europe/Madrid"))
    params: dict[str, Any] = {}
    for param in pipeline.params:
        value: Any = param.default
        if param.type.kind is Kind.DATE:
            value = date.fromisoformat(value)
        if param.type.kind is Kind.DATETIME:
            value = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Europe/Madrid"))
        params[param.name] = value
    run = {"time": moment, "date": moment.date(), "pipeline": "values", "attempt": 1}
    outputs = {"produce": to_json(bodies.produce())}
    return {task.id: task for task in pipeline.tasks}, Environment(
        params=params, run=run, outputs=outputs
    )


def listed(value: Any) -> Any:
    """A frozen value of the IR as the lists that a body gets."""
    if isinstance(value, (list, tuple)):
        return [listed(item) for item in value]
    return {key: listed(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("target", GROUPS)
def test_values_arrive_with_their_types(target: str) -> None:
    """What arrives is what the reference evaluator says, on every orchestrator."""
    pipeline, environment = reference()
    expected = {
        name: bodies.show(listed(evaluate(value, environment)))
        for name, value in pipeline["echo"].body.args.items()
    }
    seen = tasks(target, "values")["echo"]["output"]
    assert seen == json.loads(json.dumps(expected))


@pytest.mark.parametrize("target", GROUPS)
def test_environment_arrives_as_text(target: str) -> None:
    pipeline, environment = reference()
    expected = {
        name: text_of(evaluate(value, environment))
        for name, value in pipeline["environment"].env.items()
    }
    assert tasks(target, "values")["environment"]["output"] == expected


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("task", sorted(SCRIPTS))
def test_scripts_arrive_as_written(target: str, task: str) -> None:
    seen = tasks(target, "values")[task]
    assert (seen["state"], seen["output"]) == ("success", SCRIPTS[task])


# --- params -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("key", [run.name for run in RUNS if run.key.startswith("refused")])
def test_params_are_refused_at_launch(target: str, key: str) -> None:
    trace = answers(target).traces[key]
    assert trace["run"] == "failed"
    # Airflow has no hook before a run exists for a name it does not know: no body runs all the same
    assert not [task for task in trace["tasks"] if task["state"] == "success"]
    if not (target.startswith("airflow") and key == "refused-unknown"):
        assert trace["tasks"] == []


@pytest.mark.parametrize("target", GROUPS)
def test_user_text_is_only_text(target: str) -> None:
    seen = tasks(target, "hello-hostile")
    assert seen["show"]["output"] == "Hello, it's «Ada» {{ ds }} $(id)!"


@pytest.mark.parametrize("target", GROUPS)
def test_hostile_text_arrives_as_it_is(target: str) -> None:
    (pipeline,) = api.check([CASES / "hostile" / "pipeline.yaml"]).pipelines
    environment = Environment(params={param.name: param.default for param in pipeline.params})
    seen = tasks(target, "hostile")
    args = evaluate(pipeline.task("echo").body.args, environment)  # type: ignore[union-attr]
    wanted = {name: bodies.show(listed(value)) for name, value in args.items()}
    assert seen["echo"]["output"] == json.loads(json.dumps(wanted))
    env = pipeline.task("show").env
    assert seen["show"]["output"] == {
        name: text_of(evaluate(value, environment)) for name, value in env.items()
    }


# --- how bodies end -----------------------------------------------------------------------------

ENDINGS = {
    "fine": "success",
    "exit_zero": "failed",
    "exit_three": "failed",
    "exit_text": "failed",
    "no_message": "failed",
    "unserialisable": "failed",
    "not_a_number": "failed",
    "wrong_keys": "failed",
    "no_module": "failed",
    "shell_fails": "failed",
    "shell_pipe": "failed",
    "shell_killed": "failed",
    "shell_99": "failed",
    "bad_json": "failed",
    "null_text": "failed",
    "after_fine": "success",
    "after_exit": "upstream_failed",
    "after_both": "upstream_failed",
    "far_below": "upstream_failed",
    "reads_below": "failed",
}


@pytest.mark.parametrize("target", GROUPS)
def test_every_ending_is_a_state(target: str) -> None:
    assert states(target, "endings") == ENDINGS
    assert answers(target).traces["endings"]["run"] == "failed"


@pytest.mark.parametrize("target", GROUPS)
def test_an_allowed_failure_hides_no_params_that_are_refused(target: str) -> None:
    assert answers(target).traces["allowed-but-refused"]["run"] == "failed"


@pytest.mark.parametrize("target", GROUPS)
def test_what_is_not_there_is_asked_for_by_no_task_that_is_skipped(target: str) -> None:
    """Airflow renders templates before the hook that skips."""
    ended = [(task["id"], task["state"]) for task in answers(target).traces["guarded"]["tasks"]]
    assert sorted(ended) == [
        ("by_item", "skipped"),
        ("by_item", "success"),
        ("by_output", "skipped"),
        ("by_param", "skipped"),
        ("last", "success"),
        ("none", "success"),
        ("show", "success"),
    ]
    assert tasks(target, "guarded")["show"]["output"] == "a class"


@pytest.mark.parametrize("target", GROUPS)
def test_a_branch_that_returns_no_names_fails(target: str) -> None:
    assert states(target, "odd_choice") == {
        "start": "success",
        "pick": "failed",
        "left": "upstream_failed",
        "right": "upstream_failed",
    }


@pytest.mark.parametrize("target", GROUPS)
def test_a_skipped_task_imports_nothing(target: str) -> None:
    assert states(target, "skipped_imports_nothing") == {"train": "skipped", "report": "success"}


@pytest.mark.parametrize("target", GROUPS)
def test_death_of_the_process_fails_the_run(target: str) -> None:
    trace = answers(target).traces["dies"]
    assert trace["run"] == "failed"
    seen = states(target, "dies")
    assert seen["before"] == "success"
    assert seen.get("below", "upstream_failed") != "success"


# --- attempts and time --------------------------------------------------------------------------

ATTEMPTS = {
    "none": ("failed", 1),
    "constant": ("success", 3),
    "linear": ("success", 4),
    "exponential": ("success", 4),
    "capped": ("success", 4),
    "at_once": ("success", 3),
    "too_few": ("failed", 3),
    "shell": ("success", 2),
    "exits": ("failed", 2),
    "after": ("success", None),
    "below_too_few": ("upstream_failed", 0),
}
WAITS = {
    "constant": [2, 2],
    "linear": [2, 4, 6],
    "exponential": [1, 2, 4],
    "capped": [2, 3, 3],
    "at_once": [0, 0],
}
LATENCY = 60.0
"""Seconds that an orchestrator may take to start an attempt that is due, on a machine of two cores
that other tests keep busy: Dagster starts a process for each, and eleven tasks are due at once. It
took 31 s with a load of ten."""


@pytest.mark.parametrize("target", GROUPS)
def test_attempts_are_exact(target: str) -> None:
    seen = tasks(target, "attempts")
    for id, (state, attempts) in ATTEMPTS.items():
        assert seen[id]["state"] == state, id
        if attempts is not None:
            assert seen[id]["attempts"] == attempts, id
    assert seen["shell"]["output"] == "attempt 2"


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("counter", sorted(WAITS))
def test_waits_are_inside_their_bounds(target: str, counter: str) -> None:
    """From w(k) to just below 2·w(k), plus latency (semantics.md, "Retries, timeouts")."""
    stamps = [float(line) for line in (answers(target).scratch / counter).read_text().split()]
    waits = [after - before for before, after in pairwise(stamps)]
    assert len(waits) == len(WAITS[counter])
    for wait, wanted in zip(waits, WAITS[counter], strict=True):
        assert wanted - 0.05 <= wait < 2 * wanted + LATENCY, waits


@pytest.mark.parametrize("target", GROUPS)
def test_timeouts_interrupt(target: str) -> None:
    seen = tasks(target, "timeouts")
    scratch = answers(target).scratch
    assert (seen["sleeps"]["state"], seen["sleeps"]["attempts"]) == ("failed", 2)
    assert (seen["spins"]["state"], seen["spins"]["attempts"]) == ("failed", 1)
    assert (seen["shell"]["state"], seen["shell"]["attempts"]) == ("failed", 2)
    assert seen["below"]["state"] == "upstream_failed"
    assert seen["quick"]["state"] == "success"
    assert seen["quick"]["output"]["day"][0] == "date"
    assert (seen["exits"]["state"], seen["fails"]["state"]) == ("failed", "failed")
    for counter in ("sleeps.end", "spins.end"):
        assert not (scratch / counter).exists()
    assert (scratch / "timeout_shell").read_text().split() == ["started", "started"]


# --- native, examples ---------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
def test_native_tasks_take_part(target: str) -> None:
    seen = tasks(target, "native")
    assert seen["after"]["output"] == "10-2-seven"


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("pipeline", ["hello", "orders_daily", *more_examples()])
def test_examples_succeed(target: str, pipeline: str) -> None:
    trace = answers(target).traces[pipeline]
    assert trace["run"] == "success"
    assert {task["state"] for task in trace["tasks"]} == {"success"}
    assert {task["attempts"] for task in trace["tasks"]} <= {0, 1}


@pytest.mark.xdist_group("dagster")
def test_an_io_manager_of_the_users_keeps_what_ops_return() -> None:
    found = answers("dagster")
    assert {task["output"] == [1, 2] for task in found.traces["in_one_process"]["tasks"]} == {True}
    kept = (found.scratch / "outputs").glob("*.json")
    assert sorted(path.stem.rpartition("-")[2] for path in kept) == ["first", "last"]
