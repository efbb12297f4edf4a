"""What `DAG.test()` does otherwise than a real Airflow, put right for the time of one run.

These patches repair the harness, not the DAG; each says what goes wrong without it. They reach into
private parts of Airflow: the tests of the probes run on every supported version.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import common

Waits = dict[tuple[str, int, int], float]
"""Seconds after an attempt, by task, map index and number of the attempt."""


def register(dags: dict[str, Any]) -> None:
    """Write DAGs to the database, where triggers and assets look them up."""
    if common.AIRFLOW_2:
        # `DAG.test()` of 2.x does not do it at all: tasks with data sets or triggers fail.
        from airflow.models.dag import DAG
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.session import create_session

        with create_session() as session:
            DAG.bulk_write_to_db(dags.values(), session=session)
            for dag in dags.values():
                SerializedDagModel.write_dag(dag, session=session)
    else:
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import sync_bag_to_db

        manager = DagBundlesManager()
        manager.sync_bundles_to_db()
        [bundle] = manager.get_all_dag_bundles()
        sync_bag_to_db(bag_of(dags), bundle.name, None)


def bag_of(dags: dict[str, Any]) -> Any:
    """What `sync_bag_to_db` of 3.x reads of a DagBag."""
    return SimpleNamespace(
        dags=dags, import_errors={}, dag_warnings=set(), bundle_path=None, file_last_changed={}
    )


@contextlib.contextmanager
def repaired(dag: Any, notes: list[str], computed_waits: Waits | None) -> Iterator[None]:
    """With `computed_waits`, retries do not wait, and what Airflow computed is put there."""
    with contextlib.ExitStack() as stack:
        for each in repairs_2() if common.AIRFLOW_2 else repairs_3(dag, notes):
            stack.enter_context(each)
        if computed_waits is not None:
            stack.enter_context(shortened_waits(computed_waits))
        yield


def repairs_2() -> Iterator[Any]:
    from airflow.models import dag as module
    from airflow.utils.state import TaskInstanceState

    original = module._run_task

    def run_task(*, ti: Any, session: Any, **arguments: Any) -> Any:
        # A real task is running from its start on; `DAG.test()` leaves it scheduled and without a
        # start, and so its failed attempts do not reach the history.
        ti.state = TaskInstanceState.RUNNING
        ti.start_date = common.now()
        session.merge(ti)
        session.commit()
        # A task's timeout is a BaseException here: the task is dealt with by then, but the
        # exception passes the `except Exception` of `DAG.test()` and ends the whole run.
        try:
            return original(ti=ti, session=session, **arguments)
        except Exception:
            raise
        except BaseException as error:
            raise RuntimeError(common.describe_error(error)) from error

    yield patch.object(module, "_run_task", run_task)


def repairs_3(dag: Any, notes: list[str]) -> Iterator[Any]:
    from airflow.models.dagrun import DagRun

    # `DAG.test()` parses the whole DAG folder again at every call; what matters is registered.
    yield patch("airflow.dag_processing.dagbag.BundleDagBag", lambda **_: bag_of({dag.dag_id: dag}))
    # It also gives callbacks the serialized DAG, which cannot render a notifier's templates.
    original = DagRun.execute_dag_callbacks

    def execute_dag_callbacks(dag_run: Any, **arguments: Any) -> Any:
        return original(dag_run, **{**arguments, "dag": dag})

    yield patch.object(DagRun, "execute_dag_callbacks", execute_dag_callbacks)
    if getattr(dag, "deadline", None):
        # 3.3.2 raises StatementError at the end of the run: it takes the alert for its row's id.
        notes.append("deadline left out: DAG.test() of this Airflow cannot run a DAG that has one")
        yield patch.object(dag, "deadline", None)


def shortened_waits(computed_waits: Waits) -> Any:
    """For tests only: no retry waits, and what Airflow computed is kept to be reported."""
    from airflow.models.taskinstance import TaskInstance

    computed = TaskInstance.next_retry_datetime

    def at_once(ti: Any) -> Any:
        wait = (computed(ti) - ti.end_date).total_seconds()
        computed_waits[ti.task_id, ti.map_index, ti.try_number] = round(wait, 3)
        return ti.end_date - dt.timedelta(seconds=1)

    return patch.object(TaskInstance, "next_retry_datetime", at_once)
