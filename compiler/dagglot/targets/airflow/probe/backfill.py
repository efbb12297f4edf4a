"""Runs of an Airflow DAG for partitions: `python backfill.py ANSWER < REQUEST`.

Request: {"dag", "command": the words of `airflow backfill create …`, or null where each run is
triggered by itself, "max_active": null or how many at once,
"runs": [{"partition", "time": ISO time or null, "run_id", "conf"}]}.
Answer: {"version", "unasked": null or why it could not be done, "runs": [{"partition", "state"}]}.
It is the Airflow of the user's own settings. A run that is there, by its time or its id, is left
alone; where it failed, what failed in it is cleared, so that it runs again.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from typing import Any

import common

common.hide_probe()

POLL = 5
ENDED = ("success", "failed")


def main() -> None:
    request = json.load(sys.stdin)
    answer: dict[str, Any] = {"version": common.VERSION, "unasked": None, "runs": []}
    try:
        (by_itself if request["command"] is None else by_airflow)(request, answer["runs"])
    except Exception as error:
        lines = f"{type(error).__name__}: {error}".strip().splitlines()
        answer["unasked"] = lines[-1] if isinstance(error, Refused) else lines[0]
    common.write_answer(sys.argv[1], answer)


class Refused(Exception):  # noqa: N818 - what Airflow did
    """A command of Airflow's ended with an error."""


def by_airflow(request: dict[str, Any], done: list[dict[str, str]]) -> None:
    """One command for all, and how things are after it."""
    before = states(request)
    command(request["command"])
    after = states(request)
    for run in request["runs"]:
        key = run["partition"]
        was, state = before.get(key), after.get(key)
        if was is None:
            done.append({"partition": key, "state": "made" if state else "not made"})
        else:
            done.append({"partition": key, "state": "again" if was == "failed" else was})


def by_itself(request: dict[str, Any], done: list[dict[str, str]]) -> None:
    started: list[str] = []
    for run in request["runs"]:
        key, was = run["partition"], states(request).get(run["partition"])
        if was not in (None, "failed"):
            done.append({"partition": key, "state": was})
            continue
        wait_for_room(request, started)
        if was is None:
            trigger(request["dag"], run)
        else:
            again(request["dag"], run)
        started.append(key)
        done.append({"partition": key, "state": "made" if was is None else "again"})


def states(request: dict[str, Any]) -> dict[str, str]:
    """How the run of each partition is that has one."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    date = DagRun.execution_date if common.AIRFLOW_2 else DagRun.logical_date
    ids = {run["run_id"]: run["partition"] for run in request["runs"] if run["run_id"]}
    times = {
        dt.datetime.fromisoformat(run["time"]): run["partition"]
        for run in request["runs"]
        if run["time"]
    }
    with create_session() as session:
        rows = session.query(DagRun.run_id, date, DagRun.state).filter(
            DagRun.dag_id == request["dag"]
        )
        found = {}
        for run_id, at, state in rows:
            key = ids.get(run_id) or times.get(at)
            if key is not None:
                found[key] = str(getattr(state, "value", state))
        return found


def trigger(dag: str, run: dict[str, Any]) -> None:
    from airflow.api.common.trigger_dag import trigger_dag

    at = dt.datetime.fromisoformat(run["time"]) if run["time"] else None
    given: dict[str, Any] = {"dag_id": dag, "run_id": run["run_id"], "conf": run["conf"]}
    if common.AIRFLOW_2:
        trigger_dag(**given, execution_date=at, replace_microseconds=False)
        return
    from airflow.utils.types import DagRunTriggeredByType

    by = DagRunTriggeredByType.CLI
    trigger_dag(**given, logical_date=at, replace_microseconds=False, triggered_by=by)


def again(dag: str, run: dict[str, Any]) -> None:
    """Clear what failed in a run: a run without a time must be cleared by hand."""
    if run["time"] is None:
        raise Refused(f"the run {run['run_id']} failed: clear its tasks in Airflow's UI")
    span = ("--start-date", run["time"], "--end-date", run["time"])
    command(["tasks", "clear", dag, *span, "--only-failed", "--yes"])


def command(words: list[str]) -> None:
    program = os.path.join(os.path.dirname(sys.executable), "airflow")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{done.stdout}\n{done.stderr}".strip())


def wait_for_room(request: dict[str, Any], started: list[str]) -> None:
    limit = request["max_active"]
    while limit is not None:
        there = states(request)
        if sum(there.get(key) not in ENDED for key in started) < limit:
            return
        time.sleep(POLL)


if __name__ == "__main__":
    main()
