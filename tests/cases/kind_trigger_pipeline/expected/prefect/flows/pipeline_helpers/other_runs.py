"""Runs of other flows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterName,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound


class OtherRunFailed(Exception):
    """The run of the other flow did not complete."""


def start_run(deployment: str, **options: Any) -> FlowRun:
    """Like `run_deployment`, whose error does not say which deployment is missing."""
    try:
        return run_deployment(deployment, **options)
    except ObjectNotFound:
        raise LookupError(f"there is no deployment {deployment}") from None


def id_if_completed(run: FlowRun) -> str:
    """The id of a run that was waited for; fails where the run did not complete."""
    state = run.state
    if state is None or not state.is_final():
        raise TimeoutError(f"run {run.id} of {run.name} has not ended")
    if not state.is_completed():
        raise OtherRunFailed(f"run {run.id} ended as {state.name}: {state.message}")
    return str(run.id)


def has_completed(flow: str, time: datetime, task: str | None = None) -> bool:
    """Whether the run of a flow for that time, or a task of it, has completed.

    Fails where it ended otherwise, or was skipped.
    """
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=FlowRunFilter(
                expected_start_time=FlowRunFilterExpectedStartTime(
                    after_=time, before_=time
                ),
            ),
        )
        if not runs:
            return False
        run = max(runs, key=lambda run: run.created or time)
        if task is None:
            return _is_good(f"run {run.id} of {flow}", run.state)
        task_runs = client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])),
            task_run_filter=TaskRunFilter(name=TaskRunFilterName(like_=task)),
        )
    # Prefect adds three characters to the name of a task; instances have their index
    named = re.compile(re.escape(task) + r"(-[0-9a-z]{3}|\[\d+\])?")
    found = [one.state for one in task_runs if named.fullmatch(one.name)]
    # the server hears of task runs a little later than of their flow run
    late = datetime.now(UTC) - timedelta(minutes=1)
    ended = run.end_time is not None and run.end_time < late
    if ended and not all(state and state.is_final() for state in found or [None]):
        raise OtherRunFailed(f"{task} did not run in run {run.id} of {flow}")
    goods = [_is_good(f"{task} in run {run.id} of {flow}", state) for state in found]
    return bool(goods) and all(goods)


def _is_good(what: str, state: State | None) -> bool:
    if state is None or not state.is_final():
        return False
    if not state.is_completed() or state.name == "Skipped":
        raise OtherRunFailed(f"{what} ended as {state.name}")
    return True
