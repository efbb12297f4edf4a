"""How long tasks wait before they are retried, where Airflow has no such backoff."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from airflow.utils.context import Context


def wait_exponentially(context: Context) -> None:
    """A `pre_execute` hook: `retry_delay`, doubled each time, at most `max_retry_delay`."""
    _wait(context, 2 ** (context["ti"].try_number - 2))


def wait_up_to(seconds: float) -> Callable[[Context], None]:
    """A `pre_execute` hook: before a retry, a random time longer."""

    def pre_execute(context: Context) -> None:
        if context["ti"].try_number > 1:
            time.sleep(random.uniform(0, seconds))

    return pre_execute


def _wait(context: Context, factor: float) -> None:
    """Wait for the rest: Airflow itself has waited for `retry_delay` before each retry."""
    task = context["task"]
    delay = task.retry_delay.total_seconds()
    longest = task.max_retry_delay.total_seconds() if task.max_retry_delay else None
    wait = factor * delay if longest is None else min(factor * delay, longest)
    if context["ti"].try_number > 1 and wait > delay:
        time.sleep(wait - delay)


def each_of(*hooks: Callable[[Context], None]) -> Callable[[Context], None]:
    """One `pre_execute` hook that is several."""

    def pre_execute(context: Context) -> None:
        for hook in hooks:
            hook(context)

    return pre_execute
