"""Runs DAGs on Airflow's scheduler with the LocalExecutor: `python airflow_scheduler.py ANSWER`.

Airflow 3: API server, scheduler and DAG processor; Airflow 2: the scheduler. The database is
SQLite, which Airflow 2 takes with this executor only when it is told not to mind. It locks no row:
the process of a task of Airflow 2 must not do some of the scheduler's work (its "mini scheduler"),
for where both schedule a task, `DagRun.schedule_tis` counts an attempt twice.
"""

import contextlib
import importlib.util
import os
import secrets
from pathlib import Path

import services

REQUEST = services.request()


def main():
    import common

    with common.home_folder(REQUEST) as home:
        os.environ.update(common.settings(REQUEST, home, "WARNING"))
        port = services.free_port()
        os.environ.update(
            PYTHONPATH=os.pathsep.join(REQUEST["python_path"]),
            _AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK="1",
            AIRFLOW__CORE__EXECUTOR="LocalExecutor",
            AIRFLOW__CORE__PARALLELISM="2",
            AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT="60",
            AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",
            AIRFLOW__CORE__EXECUTION_API_SERVER_URL=f"http://127.0.0.1:{port}/execution/",
            AIRFLOW__API__SECRET_KEY=(secret := secrets.token_hex(16)),
            AIRFLOW__API_AUTH__JWT_SECRET=secret,
            AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL="3600",
            AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION="False",
        )
        services.command("airflow", "db", "migrate")
        for name, slots in REQUEST["pools"].items():
            services.command("airflow", "pools", "set", name, str(slots), "")
        with contextlib.ExitStack() as stack:
            if common.AIRFLOW_2:
                stack.enter_context(services.service("airflow", "scheduler"))
            else:
                words = ("airflow", "api-server", "--host", "127.0.0.1", "--port", str(port))
                stack.enter_context(services.service(*words, "--workers", "1"))
                health = f"http://127.0.0.1:{port}/api/v2/monitor/health"
                services.until(lambda: services.is_up(health), 240, "no API server")
                stack.enter_context(services.service("airflow", "scheduler"))
                stack.enter_context(services.service("airflow", "dag-processor"))
            services.answer(run_all(common))


def run_all(common):
    begun = common.now()
    from airflow.models.dagrun import DagRun
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session

    wanted = {run["dag_id"] for run in REQUEST["runs"]}

    def known():
        with create_session() as session:
            return wanted <= {row.dag_id for row in session.query(SerializedDagModel.dag_id)}

    services.until(known, 240, "DAGs that are not parsed")
    for run in REQUEST["runs"]:
        trigger(common, run)

    def ended():
        with create_session() as session:
            states = session.query(DagRun.dag_id, DagRun.state).all()
        return len(states) == len(wanted) and all(
            common.plain(state) in ("success", "failed") for _, state in states
        )

    services.until(ended, REQUEST["seconds"], "runs that have not ended")
    services.linger(REQUEST)
    runner = probe_worker().Runner(REQUEST)
    return [answer(common, runner, run, begun) for run in REQUEST["runs"]]


def probe_worker():
    """The module that reads runs from the database. It hides itself from what can be imported."""
    path = Path(REQUEST["probe"], "worker.py")
    spec = importlib.util.spec_from_file_location("probe_worker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trigger(common, run):
    from airflow.api.client.local_client import Client

    client = Client(None, None) if common.AIRFLOW_2 else Client()
    client.trigger_dag(dag_id=run["dag_id"], conf=run["params"])


def answer(common, runner, run, begun):
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(DagRun.state).filter(DagRun.dag_id == run["dag_id"]).one()
        state = common.plain(found.state)
    _, tasks = runner.collect(run["dag_id"], begun, False)
    return {"key": run["key"], "run": state, "error": None, "tasks": tasks}


if __name__ == "__main__":
    main()
