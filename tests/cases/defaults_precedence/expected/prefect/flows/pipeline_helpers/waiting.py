"""How a task waits: it sleeps in its thread, which costs Prefect next to nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import State, Task
from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext


class WaitTimedOut(Exception):
    """The whole wait is over, and nothing was found."""


def unless_timed_out(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether a failure is retried: the end of the whole wait is not."""
    return not isinstance(state.data, WaitTimedOut)


def first_start() -> datetime:
    """When the first attempt of the task began."""
    context = TaskRunContext.get()
    begun = context.task_run.start_time if context else None
    return begun or datetime.now(UTC)


def sleep_until(moment: datetime, timeout: float) -> bool:
    """Sleep until a moment, or until the time is over; whether the moment has come.

    The time counts from the first attempt.
    """
    end = min(moment, first_start() + timedelta(seconds=timeout))
    while (left := (end - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(left, 3600))
    return moment <= datetime.now(UTC)
