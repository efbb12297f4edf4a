"""Since when a sensor waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.sdk import get_current_context


def first_start(ti: Any) -> datetime:
    """When the task was first started: a sensor that is rescheduled starts again at each look."""
    return ti.get_first_reschedule_date(get_current_context()) or ti.start_date
