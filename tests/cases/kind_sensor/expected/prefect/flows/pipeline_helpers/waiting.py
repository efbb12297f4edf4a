"""How a task waits: it sleeps in its thread, which costs Prefect next to nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
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


def sleep_until(moment: datetime, timeout: float) -> bool:
    """Sleep until a moment, or until the time is over; whether the moment has come.

    The time counts from the first attempt.
    """
    end = min(moment, first_start() + timedelta(seconds=timeout))
    while (left := (end - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(left, 3600))
    return moment <= datetime.now(UTC)


def existing_file(path: str) -> str | None:
    """The path, where it is there."""
    return path if Path(path).exists() else None
