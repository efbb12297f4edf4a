"""How long tasks wait before they are retried, where Airflow has no such backoff."""

from __future__ import annotations

import time
from collections.abc import Callable

from airflow.utils.context import Context


def wait_linearly(context: Context) -> None:
    """A `pre_execute` hook: before retry k, k times `retry_delay` at most `max_retry_delay`."""
    _wait(context, context["ti"].try_number - 1)


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
