"""Waits between attempts as Dagster computes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from dagglot.ir.model import Backoff, NoopBody, Retries, Task
from dagglot.pycode import Call, Code

CAPPED: Final = "CappedRetryPolicy"
SPREAD: Final = "SpreadRetryPolicy"
_BACKOFFS: Final = {Backoff.LINEAR: "LINEAR", Backoff.EXPONENTIAL: "EXPONENTIAL"}


def seconds(value: timedelta) -> int | float:
    number = value.total_seconds()
    return int(number) if number == int(number) else number


def longest_wait(retries: Retries) -> timedelta:
    """The wait before the last retry, without a cap: ``k·delay`` or ``(2^k − 1)·delay``."""
    match retries.backoff:
        case Backoff.CONSTANT:
            return retries.delay
        case Backoff.LINEAR:
            return retries.delay * retries.count
        case Backoff.EXPONENTIAL:
            # of more doublings a timedelta knows nothing; they are beyond any cap
            doublings: int = 2 ** min(retries.count, 20)
            return retries.delay * (doublings - 1)


def of_task(task: Task) -> Call | None:
    """None for a task that cannot fail, too."""
    return None if isinstance(task.body, NoopBody) else policy(task.retries)


def policy(retries: Retries) -> Call | None:
    """The op's retry policy: Dagster's own, or the one of the helpers where the cap is reached."""
    if not retries.count:
        return None
    cap = retries.max_delay
    delay = retries.delay
    backoff = _BACKOFFS.get(retries.backoff)
    if backoff is None and cap is not None:
        delay = min(delay, cap)
    keywords: list[tuple[str, object]] = [("max_retries", retries.count)]
    if delay:
        keywords.append(("delay", seconds(delay)))
    is_capped = False
    if delay and backoff is not None:
        keywords.append(("backoff", Code(f"dg.Backoff.{backoff}")))
        if cap is not None and longest_wait(retries) > cap:
            keywords.append(("max_delay", seconds(cap)))
            is_capped = True
    if retries.jitter:
        return Call(SPREAD, (), (*keywords, ("spread", seconds(retries.jitter))))
    return Call(CAPPED if is_capped else "dg.RetryPolicy", (), tuple(keywords))
