"""How long tasks wait before they are retried, where Airflow has no such backoff."""

from __future__ import annotations

import random
from datetime import timedelta

from airflow.sdk import Context, RetryDecision, RetryPolicy


class BackoffRetryPolicy(RetryPolicy):
    """What the policies below have in common: up to `jitter` longer, by chance."""

    def __init__(self, jitter: timedelta = timedelta(0)) -> None:
        self.jitter = jitter

    def wait(self, context: Context | None, factor: float) -> RetryDecision:
        """The task's `retry_delay` so many times, at most its `max_retry_delay`."""
        if context is None:
            return RetryDecision.default()
        task = context["task"]
        wait = factor * task.retry_delay.total_seconds()
        if task.max_retry_delay is not None:
            wait = min(wait, task.max_retry_delay.total_seconds())
        wait += random.uniform(0, self.jitter.total_seconds())
        return RetryDecision.retry(delay=timedelta(seconds=wait))


class ConstantRetryPolicy(BackoffRetryPolicy):
    """The task's `retry_delay`."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        return self.wait(context, 1)


class ExponentialRetryPolicy(BackoffRetryPolicy):
    """The task's `retry_delay`, doubled each time, at most its `max_retry_delay`."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        return self.wait(context, 2 ** (try_number - 1))
