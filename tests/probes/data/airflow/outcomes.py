"""How runs may go, for run.py to report."""

import os
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, Asset, Param, task
from airflow.providers.standard.operators.bash import BashOperator

AT_ONCE = timedelta(0)

with DAG("values", schedule=None, params={"limit": Param(3, type="integer", minimum=0)}):

    @task(outlets=[Asset("x-test://numbers")])
    def numbers(params=None):
        return list(range(params["limit"]))

    @task
    def inverse(number):
        return 6 // number

    @task(trigger_rule="all_done")
    def rich():
        return {
            "pair": (1, 2),
            "day": date(2026, 1, 31),
            "moment": datetime(2026, 1, 31, 3, tzinfo=UTC),
            "set": {2, 1},
        }

    inverse.expand(number=numbers()) >> rich()

with DAG("retried", schedule=None):

    @task(retries=2, retry_delay=timedelta(seconds=1))
    def third_time(ti=None):
        if ti.try_number < 3:
            raise ValueError("not yet")
        return ti.try_number

    third_time()

with DAG("backoff", schedule=None):

    @task(retries=3, retry_delay=timedelta(seconds=100), retry_exponential_backoff=True)
    def never():
        raise ValueError("no")

    never()

with DAG("timeouts", schedule=None, default_args={"execution_timeout": timedelta(seconds=1)}):

    @task(retries=1, retry_delay=AT_ONCE)
    def sleeps():
        time.sleep(30)

    @task
    def swallows():
        for _ in range(60):
            with suppress(Exception):
                time.sleep(0.5)

    sleeps()
    swallows()
    BashOperator(task_id="shell", bash_command="sleep 30")

with DAG("exits", schedule=None):

    @task
    def before():
        return 1

    @task
    def dies():
        os._exit(0)

    @task
    def behind():
        return 2

    before() >> dies() >> behind()

with DAG("hangs", schedule=None):
    BashOperator(task_id="sleeps", bash_command="echo $$ > $PROBE_PIDS; exec sleep 600")

with DAG("quick", schedule=None):

    @task
    def answer():
        return 42

    answer()
