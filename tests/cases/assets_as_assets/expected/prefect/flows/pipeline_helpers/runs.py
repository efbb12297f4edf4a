"""What a flow or a task knows of its run."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from prefect import runtime


def run_time(timezone: str) -> datetime:
    """The time that the flow run was scheduled for: by hand, that of the request."""
    scheduled = runtime.flow_run.scheduled_start_time.isoformat()
    return datetime.fromisoformat(scheduled).astimezone(ZoneInfo(timezone))
