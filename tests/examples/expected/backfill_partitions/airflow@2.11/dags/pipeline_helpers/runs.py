"""When a run is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def run_time(dag_run: Any, timezone: str) -> datetime:
    """The time that the schedule names, for a run by hand that of the request, in a zone."""
    return dag_run.logical_date.astimezone(ZoneInfo(timezone))
