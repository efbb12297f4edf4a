"""Retries and timeouts as arguments of a task."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from dagglot.frozen import dataclass
from dagglot.ir.model import Backoff, Retries, Task

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempts:
    """How a task is retried. ``waits`` says who computes the waits: Airflow itself with a constant
    delay, Airflow's exponential backoff, or generated code where Airflow's has other bounds."""

    count: int
    delay: timedelta
    waits: Literal["constant", "exponential", "constant-code", "linear-code", "exponential-code"]
    max_delay: timedelta | None
    jitter: timedelta | None = None

    @property
    def own(self) -> str:
        """The backoff that generated code computes, "" where Airflow itself does."""
        return self.waits.removesuffix("-code") if self.waits.endswith("-code") else ""


def attempts(task: Task) -> Attempts:
    retries = task.retries
    cap, jitter = retries.max_delay, retries.jitter if retries.count else None
    steady = not retries.delay or retries.count <= 1 or (cap is not None and cap <= retries.delay)
    if retries.backoff is Backoff.CONSTANT or steady:
        # Airflow's `max_retry_delay` does not cap a constant delay; the first wait has no backoff
        delay = retries.delay if cap is None else min(retries.delay, cap)
        waits: Literal["constant", "constant-code"] = "constant-code" if jitter else "constant"
        return Attempts(retries.count, delay, waits, None, jitter)
    if retries.backoff is Backoff.LINEAR:
        return Attempts(retries.count, retries.delay, "linear-code", cap, jitter)
    if jitter is not None:
        return Attempts(retries.count, retries.delay, "exponential-code", cap, jitter)
    own = _within_bounds(retries)
    return Attempts(retries.count, retries.delay, "exponential" if own else "exponential-code", cap)


def _within_bounds(retries: Retries) -> bool:
    """Whether Airflow's own backoff waits as long as the language says.

    It rounds the delay up to whole seconds, and never waits longer than a day.
    """
    if retries.delay % _SECOND:
        return False
    longest: timedelta = retries.delay * 2 ** min(retries.count - 1, 17)
    return min(longest, retries.max_delay or longest) <= _DAY
