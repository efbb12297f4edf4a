"""What a DAG may declare, for load.py to read back."""

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, Param, TaskGroup, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.timetables.trigger import CronTriggerTimetable

with DAG(
    "declared",
    description="One line",
    doc_md="# More",
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Europe/Madrid"),
    start_date=pendulum.datetime(2026, 3, 28, tz="Europe/Madrid"),
    end_date=pendulum.datetime(2026, 3, 29, 12, tz="Europe/Madrid"),
    catchup=True,
    is_paused_upon_creation=False,
    tags=["sales", "daily"],
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    params={
        "limit": Param(3, type="integer", minimum=0),
        "region": Param(None, type=["null", "string"]),
    },
):
    extract = BashOperator(
        task_id="extract",
        bash_command="true",
        env={"LIMIT": "{{ params.limit }}"},
        append_env=True,
        retries=2,
        retry_delay=timedelta(seconds=30),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(minutes=10),
        owner="data-eng",
        doc_md="Reads",
        priority_weight=5,
    )
    with TaskGroup("load") as load:

        @task(trigger_rule="all_done")
        def orders(number):
            return number

        orders.expand(number=[1, 2])
    extract >> load

with DAG("by_hand", schedule=None, params={"name": Param(type="string")}):
    BashOperator(task_id="only", bash_command="true")
