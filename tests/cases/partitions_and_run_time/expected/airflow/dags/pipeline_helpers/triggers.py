"""Runs of other DAGs."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import DagRunTriggerException
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun


class RunDagOperator(TriggerDagRunOperator):
    """A TriggerDagRunOperator whose output is the id of the run.

    Airflow triggers and waits after `execute`, where no timeout of the task counts and there is
    no output; this one does both inside it.
    """

    def execute(self, context: Context) -> Any:
        try:
            super().execute(context)
        except DagRunTriggerException as asked:
            dag_id, run_id = asked.trigger_dag_id, asked.dag_run_id
            answer = task_runner.SUPERVISOR_COMMS.send(
                TriggerDagRun(
                    dag_id=dag_id,
                    run_id=run_id,
                    conf=asked.conf,
                    logical_date=asked.logical_date,
                )
            )
            if isinstance(answer, ErrorResponse):
                reason = f"no run of {dag_id} was started: {answer.error}"
                raise RuntimeError(reason) from None
        context["ti"].xcom_push(key="trigger_run_id", value=run_id)
        while self.wait_for_completion:
            state = context["ti"].get_dagrun_state(dag_id, run_id)
            if state in self.failed_states:
                raise RuntimeError(f"the run {run_id} of {dag_id} has ended as {state}")
            if state in self.allowed_states:
                break
            time.sleep(self.poke_interval)
        return run_id
