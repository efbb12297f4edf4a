"""How long tasks wait before they are retried, where Airflow has no such backoff."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Context, RetryDecision, RetryPolicy


class LinearRetryPolicy(RetryPolicy):
    """Before retry k, k times the task's `retry_delay`, at most its `max_retry_delay`."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        return _decision(context, try_number)


def _decision(context: Context | None, factor: float) -> RetryDecision:
    if context is None:
        return RetryDecision.default()
    task = context["task"]
    wait = factor * task.retry_delay.total_seconds()
    if task.max_retry_delay is not None:
        wait = min(wait, task.max_retry_delay.total_seconds())
    return RetryDecision.retry(delay=timedelta(seconds=wait))
