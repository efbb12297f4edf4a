"""Runs a job that fails, starts it again, and then executes the first run again.

``python wait_for_past.py PROBE FOLDER``, with an own `$DAGSTER_HOME`. Prints what was seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    probe, folder, *words = sys.argv[1:]
    sys.path.insert(0, probe)
    import common

    common.leave_the_import_path()
    if words:
        execute(common.location(folder), *words)
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAGSTER_HOME"] = home
        ready = Path(home, "ready")
        found = seen(common.location(folder), str(ready), ready.touch)
        sys.stdout.write(json.dumps(found) + "\n")


def seen(location: Any, ready: str, make_ready: Any) -> dict[str, Any]:
    import dagster as dg

    by_rules = "depends_on_past_by_rules"
    skipped = execute(location, by_rules, "skip")
    failed = execute(location, by_rules, ready)
    first = execute(location, "depends_on_past", ready)
    make_ready()  # the second would succeed from here on
    command = [sys.executable, __file__, *sys.argv[1:], "depends_on_past", ready]
    second = subprocess.Popen(command)
    with dg.DagsterInstance.get() as instance:
        while not (waiting := of_second(instance)) and second.poll() is None:
            time.sleep(0.2)
        time.sleep(1)
        before = second.poll()
        job = location.reconstructable.get_reconstructable_job("depends_on_past")
        again = dg.ReexecutionOptions.from_failure(first, instance)
        dg.execute_job(job, instance=instance, reexecution_options=again, raise_on_error=True)
        second.wait(120)
        return {
            "skipped": ends(instance, skipped),
            "failed": ends(instance, failed),
            "first": ends(instance, first),
            "waited": bool(waiting) and before is None,
            "second": ends(instance, waiting[0]),
        }


def execute(location: Any, job: str, ready: str) -> str:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        made = dg.execute_job(
            location.reconstructable.get_reconstructable_job(job),
            instance=instance,
            run_config={"resources": {"params": {"config": {"ready": ready}}}},
        )
        return made.run_id


def of_second(instance: Any) -> list[str]:
    """The run that says that it waits."""
    runs = [run.run_id for run in instance.get_runs()]
    logs = {run: instance.all_logs(run) for run in runs}
    return [run for run in runs if any("waiting for this op" in one.message for one in logs[run])]


def ends(instance: Any, run: str) -> dict[str, str]:
    """How the steps ended, by what they tell each other or else by Dagster."""
    found = {}
    for entry in instance.all_logs(run):
        event = entry.dagster_event
        if event is None or event.step_key is None:
            continue
        if event.event_type_value in ("STEP_SUCCESS", "STEP_FAILURE"):
            found.setdefault(event.step_key, event.event_type_value[5:].lower())
        if event.event_type_value == "STEP_OUTPUT" and "state" in event.step_output_data.metadata:
            found[event.step_key] = event.step_output_data.metadata["state"].value
    return found


if __name__ == "__main__":
    main()
