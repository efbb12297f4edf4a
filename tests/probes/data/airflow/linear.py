"""A module beside a DAG file, as generated for linear backoff on Airflow 3."""

from airflow.sdk import RetryDecision, RetryPolicy


class LinearRetryPolicy(RetryPolicy):
    def evaluate(self, exception, try_number, max_tries, context=None):
        return RetryDecision.retry(delay=context["task"].retry_delay * try_number)
