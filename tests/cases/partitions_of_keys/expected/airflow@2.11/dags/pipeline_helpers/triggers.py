"""Runs of other DAGs."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.utils.context import Context


class RunDagOperator(TriggerDagRunOperator):
    """A TriggerDagRunOperator whose output is the id of the run."""

    def execute(self, context: Context) -> Any:
        super().execute(context)
        return self.trigger_run_id
