"""What only Airflow 3 has."""

from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from linear import LinearRetryPolicy

with DAG(
    "late",
    schedule=None,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=1),
        callback=SyncCallback("builtins.print"),
    ),
):

    @task
    def answer():
        return 42

    answer()

with DAG("linear", schedule=None):

    @task(retries=2, retry_delay=timedelta(seconds=7), retry_policy=LinearRetryPolicy())
    def never():
        raise ValueError("no")

    never()
