"""Tasks that come after their own previous run."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from prefect import get_run_logger, runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

_POLL = 10


@contextmanager
def after_previous_run() -> Iterator[None]:
    """Let the task wait until it completed, or was skipped, in the flow run before.

    That is the last one that was due before this one, has begun and was not cancelled. A
    task that failed there is waited for as well: whoever retries that flow run lets this
    one go on.
    """
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(runtime.flow_run.id)
        previous = _previous(client, flow_run)
        if previous and not _has_completed(client, previous):
            get_run_logger().info("waiting for the run before, %s", previous.name)
            while previous and not _has_completed(client, previous):
                time.sleep(_POLL)
                previous = _previous(client, flow_run)
    yield


def _previous(client: SyncPrefectClient, flow_run: FlowRun) -> FlowRun | None:
    not_begun = [StateType.SCHEDULED, StateType.CANCELLED]
    found = client.read_flow_runs(
        flow_filter=FlowFilter(id=FlowFilterId(any_=[flow_run.flow_id])),
        flow_run_filter=FlowRunFilter(
            id=FlowRunFilterId(not_any_=[flow_run.id]),
            expected_start_time=FlowRunFilterExpectedStartTime(
                before_=flow_run.expected_start_time
            ),
            state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=not_begun)),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=1,
    )
    return found[0] if found else None


def _has_completed(client: SyncPrefectClient, previous: FlowRun) -> bool:
    task = runtime.task_run.task_name
    has_ended = previous.state is not None and previous.state.is_final()
    task_runs = client.read_task_runs(
        flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[previous.id])),
        task_run_filter=TaskRunFilter(name=TaskRunFilterName(like_=task)),
    )
    # Prefect adds three characters to the name of a task; instances have their index.
    # A flow run that was retried has task runs of each time: the last one counts.
    named = re.compile(re.escape(task) + r"(?:-[0-9a-z]{3}|\[(\d+)\])?")
    last = {
        match[1]: one.state
        for one in sorted(task_runs, key=lambda one: one.id)
        if (match := named.fullmatch(one.name))
    }
    if last and (has_ended or None in last):
        return all(state and state.is_completed() for state in last.values())
    # a run without such a task; the server hears of tasks a little later than of runs
    late = datetime.now(UTC) - timedelta(minutes=1)
    return bool(
        not last
        and previous.state
        and previous.state.is_completed()
        and previous.end_time
        and previous.end_time < late
    )
