"""What a flow or a task knows of its run."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from prefect import runtime
from prefect.context import FlowRunContext


def run_time(timezone: str) -> datetime:
    """The time that the flow run was scheduled for: by hand, that of the request."""
    scheduled = runtime.flow_run.scheduled_start_time.isoformat()
    return datetime.fromisoformat(scheduled).astimezone(ZoneInfo(timezone))


def is_outside_schedule(
    start: datetime | None = None, end: datetime | None = None
) -> bool:
    """Whether the scheduler made the run for a time before `start` or after `end`.

    A run by hand is never outside. Prefect's schedules have no window themselves.
    """
    context = FlowRunContext.get()
    flow_run = context.flow_run if context else None
    if flow_run is None or not flow_run.auto_scheduled:
        return False
    time = flow_run.expected_start_time
    return (start is not None and time < start) or (end is not None and time > end)
