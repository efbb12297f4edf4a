"""Makes updates on Airflow's scheduler, and counts what they start: `python … ANSWER < REQUEST`.

The maker runs once for each of `updates`; then every pipeline must come to its number of runs.
"""

import contextlib
import os
import secrets
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance" / "as_users"))
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
        )
        services.command("airflow", "db", "migrate")
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
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session

    def known():
        with create_session() as session:
            return set(REQUEST["expected"]) <= {
                row.dag_id for row in session.query(SerializedDagModel.dag_id)
            }

    services.until(known, 240, "DAGs that are not parsed")
    for number in range(1, REQUEST["updates"] + 1):
        trigger(common)
        services.until(partial(all_there, common, number), REQUEST["seconds"], "runs")
    services.linger({"heard": "/nowhere", "linger": REQUEST["linger"]})
    states = ((id, [common.plain(one.state) for one in runs(id)]) for id in REQUEST["expected"])
    return [{"pipeline": id, "runs": found} for id, found in states]


def trigger(common):
    from airflow.api.client.local_client import Client

    client = Client(None, None) if common.AIRFLOW_2 else Client()
    client.trigger_dag(dag_id=REQUEST["maker"], conf={})


def runs(id):
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(DagRun.state)
        return found.filter(DagRun.dag_id == id).order_by(DagRun.id).all()


def all_there(common, number):
    for id, each in REQUEST["expected"].items():
        ended = [one for one in runs(id) if common.plain(one.state) in ("success", "failed")]
        if len(ended) < each * number:
            return False
    return True


if __name__ == "__main__":
    main()
