"""The process that runs DAGs for run.py, with `DAG.test()`: `python worker.py CHANNEL < JOB`.

Job: {"request", "home", "from": index of the first run, "broken": null or what ended a worker}.
Says on the CHANNEL, a file descriptor, one JSON object a line: {"begun": iso}, {"ended": run},
{"collected": run}.

`DAG.test()` ignores pools, limits on parallelism and `dagrun_timeout`, and waits for deferred
triggers and human-in-the-loop tasks without an end. It never runs what a task triggered, so
triggered.py does that meanwhile. What else is wrong with it, repairs.py puts right.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any

import common
from answers import answered
from repairs import register, repaired

UNSTARTED = {"none", "scheduled", "queued"}


TRIGGERED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "triggered.py")


def prepare() -> dict[str, Any]:
    """Read the job, and make Airflow ready for it."""
    common.hide_probe()
    job: dict[str, Any] = json.load(sys.stdin)
    request = job["request"]
    level = os.environ.get("AIRFLOW__LOGGING__LOGGING_LEVEL", "INFO")
    os.environ.update(common.settings(request, job["home"], log_level=level))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [*(request.get("python_path") or ()), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    common.extend_path(request)
    common.create_database(job["home"], request.get("cache"))
    common.wait_for_no_disk(job["home"])
    start_airflow()
    return job


def main() -> None:
    channel = int(sys.argv[1])
    os.set_inheritable(channel, False)
    job = prepare()
    request = job["request"]

    def say(event: dict[str, Any]) -> None:
        line = (json.dumps(event) + "\n").encode()
        while line:
            line = line[os.write(channel, line) :]

    runner = Runner(request, job)
    if broken := job["broken"]:
        say({"collected": runner.collect_broken(broken)})
    for run in request["runs"][job["from"] :]:
        begun = common.now()
        say({"begun": begun.isoformat()})
        say({"ended": runner.run(run, begun)})
    if runner.scheduler is not None:
        runner.scheduler.kill()
        runner.scheduler.wait()
    sys.stdout.flush()
    sys.stderr.flush()
    # 3.x leaves threads of its in-process API behind, which would delay or hang an ordinary end.
    os._exit(0)


def start_airflow() -> None:
    """Pay before the first run what is paid once, so that no run's time limit has to."""
    from airflow import settings

    settings.initialize()
    if common.AIRFLOW_2:
        # Without the table of users, to which notes refer, a run cannot replace one of its date.
        with contextlib.suppress(ImportError):
            import airflow.providers.fab.auth_manager.models  # noqa: F401
    else:
        import httpx
        from airflow.sdk.execution_time.supervisor import in_process_api_server

        transport = in_process_api_server().transport
        with httpx.Client(transport=transport, base_url="http://in-process.invalid") as client:
            client.get("/health")


class Runner:
    """The DAGs loaded so far, and how they are run."""

    def __init__(self, request: dict[str, Any], job: dict[str, Any] | None = None) -> None:
        self.job = job
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.folder = request["dags_folder"]
        self.short_waits = bool((request.get("options") or {}).get("short_waits"))
        self.registered: set[str] = set()
        self.computed_waits: dict[tuple[str, int, int], float] = {}
        for file in request.get("register") or ():
            self.dags_of(file)

    def dags_of(self, file: str) -> dict[str, Any]:
        """The DAGs of a file, made known to the database. Raises when it does not load.

        Loaded again for each run, as a real Airflow does for each task: the params of a run stay
        behind in the DAG's own objects, and would be the defaults of the next run.
        """
        path = os.path.join(self.folder, file)
        if not os.path.isfile(path):
            raise RuntimeError(f"{file}: no such file")
        dags, problem = common.load_dags(path)
        if problem:
            raise RuntimeError(f"{file} cannot be loaded\n{problem}")
        if file not in self.registered:
            register(dags)
            self.registered.add(file)
        return dags

    def known(self, dag_id: str) -> Any:
        """A DAG of the folder by its id, registered; None where no file has it."""
        for file in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, file)
            if not file.endswith(".py") or not os.path.isfile(path):
                continue
            with open(path, encoding="utf-8") as text:
                named = f"dag_id={dag_id!r}".replace("'", '"') in text.read()
            if named and dag_id in (dags := self.dags_of(file)):
                return dags[dag_id]
        return None

    def runs_triggered(self, dag: Any) -> None:
        """See to it that the runs which tasks of a DAG trigger are known and run."""
        triggers = [task for task in dag.tasks if hasattr(task, "partial_kwargs")]
        ids = {task.partial_kwargs.get("trigger_dag_id") for task in triggers}
        ids |= {getattr(task, "trigger_dag_id", None) for task in dag.tasks}
        known = [dag_id for dag_id in ids if dag_id and self.known(dag_id) is not None]
        if known and self.job is not None and self.scheduler is None:
            self.scheduler = subprocess.Popen([sys.executable, TRIGGERED], stdin=subprocess.PIPE)
            assert self.scheduler.stdin is not None
            with self.scheduler.stdin as job:
                job.write(json.dumps(self.job).encode())

    def run(self, run: dict[str, Any], begun: dt.datetime) -> dict[str, Any]:
        started = time.monotonic()
        self.computed_waits.clear()
        notes: list[str] = []
        outcome, error = "failed", None
        try:
            dag = self.dags_of(run["file"]).get(run["dag_id"])
            if dag is None:
                raise RuntimeError(f"{run['file']} has no DAG `{run['dag_id']}`")
            self.runs_triggered(dag)
            with (
                repaired(dag, notes, self.computed_waits if self.short_waits else None),
                answered(run["dag_id"], run.get("answers") or {}),
            ):
                finished = dag.test(run_conf=run.get("params") or {}, **dates(run))
            outcome = "success" if common.plain(finished.state) == "success" else "failed"
        except Exception as problem:
            # Params were refused, or Airflow broke: what a task raises does not come out here.
            traceback.print_exc()
            error = str(problem) if isinstance(problem, RuntimeError) else None
            error = error or common.describe_error(problem)
        seconds = time.monotonic() - started
        return self.report(run, begun, outcome, error, notes, seconds)

    def collect_broken(self, broken: dict[str, Any]) -> dict[str, Any]:
        """The report of a run whose worker is gone: the task that was running has failed."""
        begun = dt.datetime.fromisoformat(broken["begun"])
        return self.report(
            broken["run"], begun, "failed", broken["error"], [], broken["seconds"], died=True
        )

    def report(
        self,
        run: dict[str, Any],
        begun: dt.datetime,
        outcome: str,
        error: str | None,
        notes: list[str],
        seconds: float,
        died: bool = False,
    ) -> dict[str, Any]:
        run_id, tasks = self.collect(run["dag_id"], begun, died)
        return {
            "key": run["key"],
            "run": outcome,
            "run_id": run_id,
            "error": error,
            "notes": notes,
            "seconds": round(seconds, 3),
            "tasks": tasks,
        }

    def collect(
        self, dag_id: str, begun: dt.datetime, died: bool
    ) -> tuple[str | None, list[dict[str, Any]]]:
        from airflow.models.dagrun import DagRun
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.taskinstancehistory import TaskInstanceHistory
        from airflow.utils.session import create_session

        with create_session() as session:
            # The oldest that moved since: a run may trigger further runs of its own DAG.
            found = (
                session.query(DagRun.run_id)
                .filter(DagRun.dag_id == dag_id, DagRun.updated_at >= begun)
                .order_by(DagRun.id)
                .first()
            )
            if found is None:
                return None, []
            of_run = {"dag_id": dag_id, "run_id": found.run_id}
            outputs = read_outputs(session, of_run)
            earlier: dict[tuple[str, int], list[Any]] = {}
            for attempt in session.query(TaskInstanceHistory).filter_by(**of_run):
                earlier.setdefault((attempt.task_id, attempt.map_index), []).append(attempt)
            tasks = [
                self.describe_task(ti, earlier.get((ti.task_id, ti.map_index), []), outputs, died)
                for ti in session.query(TaskInstance).filter_by(**of_run)
            ]
        tasks.sort(key=lambda t: (t["id"], -1 if t["index"] is None else t["index"]))
        return found.run_id, tasks

    def describe_task(
        self, ti: Any, earlier: list[Any], outputs: dict[tuple[str, int], Any], died: bool
    ) -> dict[str, Any]:
        state = common.plain(ti.state) or "none"
        attempts = ti.try_number - (state in UNSTARTED and ti.try_number > 0)
        # While it waits for another attempt, the last one is in the history and in the own row.
        before = sorted(
            (each for each in earlier if each.try_number < ti.try_number),
            key=lambda each: each.try_number,
        )
        spans = [(each.start_date, each.end_date) for each in [*before, ti]][:attempts]
        waits = [
            self.computed_waits.get((ti.task_id, ti.map_index, number))
            if self.short_waits
            else seconds_between(spans[number - 1][1], spans[number][0])
            for number in range(1, len(spans))
        ]
        return {
            "id": ti.task_id,
            "index": None if ti.map_index < 0 else ti.map_index,
            "state": "failed" if died and state == "running" else state,
            "attempts": attempts,
            "output": outputs.get((ti.task_id, ti.map_index)),
            "started": common.plain(spans[0][0]) if spans else None,
            "ended": common.plain(spans[-1][1]) if spans else None,
            "waits": waits,
        }


def dates(run: dict[str, Any]) -> dict[str, Any]:
    """What dates a run. Without a date: none on 3.x, as for a plain `dags trigger`; now on 2.x."""
    given = run.get("logical_date")
    date = dt.datetime.fromisoformat(given) if given else None
    if date is not None and date.tzinfo is None:
        date = date.replace(tzinfo=dt.UTC)
    if common.AIRFLOW_2:
        return {"execution_date": date or common.now()}
    return {"logical_date": date, "run_after": date or common.now()}


def read_outputs(session: Any, of_run: dict[str, str]) -> dict[tuple[str, int], Any]:
    """What each task returned, as a task downstream would receive it, written as JSON."""
    if common.AIRFLOW_2:
        from airflow.models.xcom import XCom as Output

        def decode(value: Any) -> Any:
            return Output.deserialize_value(SimpleNamespace(value=value))
    else:
        from airflow.models.xcom import XComModel as Output
        from airflow.sdk.serde import deserialize as decode

    # The bare column: a loaded row of 2.x has decoded it for display, with objects as text.
    rows = session.query(Output.task_id, Output.map_index, Output.value)
    rows = rows.filter_by(key="return_value", **of_run)
    return {(task_id, index): common.plain(decode(value)) for task_id, index, value in rows}


def seconds_between(earlier: dt.datetime | None, later: dt.datetime | None) -> float | None:
    return round((later - earlier).total_seconds(), 3) if earlier and later else None


if __name__ == "__main__":
    main()
