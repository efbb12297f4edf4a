"""Deadlines of flow runs."""

from __future__ import annotations

import threading
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Literal

from prefect import get_client, runtime
from prefect.context import FlowRunContext
from prefect.logging.loggers import flow_run_logger

from .alerts import Alert, event_of, tell


def tell_when_late(
    *alerts: Alert,
    after: float,
    since: Literal["scheduled", "started"],
    owner: str = "",
) -> None:
    """Tell if the flow run has not ended so many seconds after it was scheduled or started.

    A thread of the run's process waits for that: who starts a run too late tells at once.
    """
    context = FlowRunContext.get()
    assert context is not None
    assert context.flow_run is not None
    run, pipeline = context.flow_run, context.flow.name
    if since == "started":
        begin = run.start_time or datetime.now(UTC)
    else:
        begin = runtime.flow_run.scheduled_start_time
    left = begin + timedelta(seconds=after) - datetime.now(UTC)

    def check() -> None:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(run.id).state
        if state is not None and state.is_final():
            return
        event = event_of(run, pipeline, "late", owner=owner)
        tell(event, alerts, flow_run_logger(run))

    seconds = max(left.total_seconds(), 0)
    timer = threading.Timer(seconds, copy_context().run, [check])
    timer.daemon = True
    timer.start()
