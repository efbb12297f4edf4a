"""Runs of a Dagster for partitions: `python backfill.py ANSWER < REQUEST`.

Request: {"root": folder of `definitions.py`, "job", "keys", "max_active": null or how many at once,
"command": the words of `dagster job backfill` up to the partitions}.
Answer: {"version", "unasked": null or why it could not be done, "runs": [{"partition", "state"}]}.
The instance is that of DAGSTER_HOME. A partition of which a run is there is left out, unless the
last one failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import common

POLL = 5
ENDED_BADLY = ("FAILURE", "CANCELED")
ENDED = (*ENDED_BADLY, "SUCCESS")


def main() -> None:
    common.leave_the_import_path()
    request = json.load(sys.stdin)
    import dagster

    answer: dict[str, Any] = {"version": dagster.__version__, "unasked": None, "runs": []}
    try:
        launch(request, answer["runs"])
    except Exception as error:
        answer["unasked"] = f"{type(error).__name__}: {error}".strip().splitlines()[-1]
    common.write_answer(answer)


def launch(request: dict[str, Any], done: list[dict[str, str]]) -> None:
    import dagster

    if not os.environ.get("DAGSTER_HOME"):
        raise LookupError("DAGSTER_HOME is not set")
    if not os.path.exists(os.path.join(request["root"], "definitions.py")):
        raise LookupError(f"there is no definitions.py in {request['root']}: compile to it first")
    with dagster.DagsterInstance.get() as instance:
        there = last_states(instance, request["job"], request["keys"])
        asked = []
        for key in request["keys"]:
            state = there.get(key)
            if state is None or state in ENDED_BADLY:
                asked.append(key)
            else:
                done.append({"partition": key, "state": state.lower()})
        program = os.path.join(os.path.dirname(sys.executable), "dagster")
        for keys in batches(instance, request, asked):
            words = [program, *request["command"], ",".join(keys), "--noprompt"]
            ended = subprocess.run(
                words, cwd=request["root"], check=False, capture_output=True, text=True
            )
            if ended.returncode:
                raise RuntimeError(f"{ended.stdout}\n{ended.stderr}".strip())
            done += [
                {"partition": key, "state": "again" if key in there else "made"} for key in keys
            ]


def last_states(instance: Any, job: str, keys: list[str]) -> dict[str, str]:
    """How the last run of each partition is."""
    import dagster

    found: dict[str, str] = {}
    for run in instance.get_runs(dagster.RunsFilter(job_name=job)):  # the newest first
        key = run.tags.get("dagster/partition")
        if key in keys:
            found.setdefault(key, run.status.value)
    return found


def batches(instance: Any, request: dict[str, Any], keys: list[str]) -> Any:
    """All at once; with a limit as many as there is room for, again and again."""
    limit = request["max_active"]
    if limit is None:
        if keys:
            yield keys
        return
    left, started = list(keys), list[str]()
    while left:
        states = last_states(instance, request["job"], started)
        room = limit - sum(states.get(key) not in ENDED for key in started)
        if room <= 0:
            time.sleep(POLL)
            continue
        now, left = left[:room], left[room:]
        yield now
        started += now


if __name__ == "__main__":
    main()
