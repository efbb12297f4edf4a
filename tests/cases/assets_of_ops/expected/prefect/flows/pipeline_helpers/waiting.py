"""How a task waits: it sleeps in its thread, which costs Prefect next to nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from prefect.context import TaskRunContext


def first_start() -> datetime:
    """When the first attempt of the task began."""
    context = TaskRunContext.get()
    begun = context.task_run.start_time if context else None
    return begun or datetime.now(UTC)


def polls(every: float, timeout: float) -> Iterator[float]:
    """Let the task look at once, and then again and again until the time is over.

    The time counts from the first attempt. Yields the seconds that are left.
    """
    end = first_start() + timedelta(seconds=timeout)
    while True:
        left = (end - datetime.now(UTC)).total_seconds()
        yield max(left, 1.0)
        left = (end - datetime.now(UTC)).total_seconds()
        if left <= 0:
            return
        time.sleep(min(every, left))
