"""Has Dagster's daemon start jobs on updates of assets.

``python updates.py PROBE FOLDER``. Reads JSON on standard input: ``runs``, the jobs to run one
after another, or the keys of assets that somebody else updates; ``jobs``, how many runs of each are
to come. Prints, job by job, the runs that there were at the end: what started them, how they
ended, and what their ops gave.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SETTINGS = """\
telemetry: {enabled: false}
concurrency: {runs: {max_concurrent_runs: 2}}
"""
PATIENCE = 600.0
QUIET = 40.0
"""Longer than a sensor waits between two looks."""


def main() -> None:
    probe, folder = sys.argv[1:]
    sys.path.insert(0, probe)
    import common

    common.leave_the_import_path()
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        Path(home, "dagster.yaml").write_text(SETTINGS)
        os.environ["DAGSTER_HOME"] = home
        location = common.location(folder)
        import dagster as dg

        with dg.DagsterInstance.get():
            pass  # two processes that make its databases at once get in each other's way
        daemon = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run"],
            cwd=folder,
            stdout=sys.stderr,
            process_group=0,
        )
        try:
            found = seen(location, asked["runs"], asked["jobs"])
        finally:
            os.killpg(daemon.pid, signal.SIGTERM)
            daemon.wait(60)
        sys.stdout.write(json.dumps(found) + "\n")


def seen(location: Any, runs: list[Any], jobs: dict[str, int]) -> dict[str, Any]:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        wanted = {
            sensor.name
            for sensor in location.repository.sensor_defs
            if sensor.default_status is dg.DefaultSensorStatus.RUNNING
        }
        # updates from before a sensor's first look start nothing
        wait(lambda: wanted <= sensors(instance))
        for one in runs:
            if isinstance(one, str):
                job = location.reconstructable.get_reconstructable_job(one)
                here = {
                    "execution": {"config": {"in_process": {}}}
                }  # quicker than a process a step
                assert dg.execute_job(job, instance=instance, run_config=here).success
            else:
                instance.report_runless_asset_event(dg.AssetMaterialization(one))
        wait(lambda: all(len(ended(instance, job)) >= count for job, count in jobs.items()))
        time.sleep(QUIET)  # one more would have come
        return {job: [shown(instance, run) for run in of_job(instance, job)] for job in jobs}


def sensors(instance: Any) -> set[str]:
    """The sensors that the daemon has evaluated: without a cursor they have not looked yet."""
    return {
        one.instigator_name
        for one in instance.all_instigator_state()
        if getattr(one.instigator_data, "cursor", None) is not None
    }


def wait(is_there: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not is_there():
        assert time.monotonic() < end, "it did not come"
        time.sleep(1)


def of_job(instance: Any, job: str) -> list[Any]:
    import dagster as dg

    return list(instance.get_runs(dg.RunsFilter(job_name=job)))


def ended(instance: Any, job: str) -> list[Any]:
    return [run for run in of_job(instance, job) if run.is_finished]


def shown(instance: Any, run: Any) -> dict[str, Any]:
    outputs = {}
    for entry in instance.all_logs(run.run_id):
        event = entry.dagster_event
        if event is not None and event.event_type_value == "HANDLED_OUTPUT":
            stored = event.event_specific_data.metadata.get("path")
            if stored is None:
                continue  # what a check gives is nothing
            path = Path(stored.value)
            outputs[event.step_key] = pickle.loads(path.read_bytes())  # noqa: S301 - our own run
    return {
        "key": run.tags.get("dagster/run_key"),
        "time": run.tags.get(".dagster/scheduled_execution_time"),
        "status": run.status.value,
        "outputs": outputs,
    }


if __name__ == "__main__":
    main()
