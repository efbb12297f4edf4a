"""Runs what tasks trigger, as a scheduler would, beside a worker: `python triggered.py < JOB`.

`DAG.test()` runs one DAG. A task of it that triggers a run of another, and waits for that, would
wait without an end. The job is the worker's; this process ends with it.
"""

from __future__ import annotations

import os
import time
from typing import Any
from unittest.mock import patch

import common
import repairs
import worker


def main() -> None:
    job = worker.prepare()
    runner = worker.Runner(job["request"])
    parent = os.getppid()
    while os.getppid() == parent:
        for dag_id, run_id in queued():
            run(runner, dag_id, run_id)
        time.sleep(0.3)
    os._exit(0)


def queued() -> list[tuple[str, str]]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    with create_session() as session:
        rows = session.query(DagRun.dag_id, DagRun.run_id)
        return [tuple(row) for row in rows.filter(DagRun.state == DagRunState.QUEUED)]


def run(runner: Any, dag_id: str, run_id: str) -> None:
    """One run that is in the database already, by the loop of `DAG.test()`."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState

    dag = runner.known(dag_id)

    def existing(*, dag: Any, session: Any, **_: Any) -> Any:
        found = session.query(DagRun).filter_by(dag_id=dag_id, run_id=run_id).one()
        found.dag = dag
        found.state = DagRunState.RUNNING
        found.start_date = common.now()
        session.commit()
        return found

    name = "airflow.models.dagrun.get_or_create_dagrun"
    if common.AIRFLOW_2:
        name = "airflow.models.dag._get_or_create_dagrun"
    with repairs.repaired(dag, [], None), patch(name, existing):
        dag.test(**worker.dates({}))


if __name__ == "__main__":
    main()
