"""Runs jobs one after another, and has the sensors look as Dagster's daemon does.

``python told.py PROBE FOLDER``, with an own `$DAGSTER_HOME`. Prints how each run ended.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any


def main() -> None:
    probe, folder = sys.argv[1:]
    sys.path.insert(0, probe)
    import common

    common.leave_the_import_path()
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAGSTER_HOME"] = home
        common.run_steps_in_this_process()
        found = seen(common.location(folder))
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def seen(location: Any) -> dict[str, str]:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        sensors = Sensors(location, instance)
        sensors.look()  # a sensor begins with what happens after its first tick
        ends = {}
        for name in sorted(job.name for job in location.repository.get_all_jobs()):
            job = location.reconstructable.get_reconstructable_job(name)
            with dg.execute_job(job, instance=instance) as result:
                ends[name] = result.dagster_run.status.value
        for _ in range(3):  # what is told twice is heard too
            sensors.look()
    return ends


class Sensors:
    def __init__(self, location: Any, instance: Any) -> None:
        self.repository, self.instance = location.repository, instance
        self.cursors: dict[str, str | None] = {}

    def look(self) -> None:
        """One tick of each sensor."""
        import dagster as dg

        for sensor in self.repository.sensor_defs:
            context = dg.build_sensor_context(
                instance=self.instance,
                cursor=self.cursors.get(sensor.name),
                repository_def=self.repository,
                sensor_name=sensor.name,
            )
            self.cursors[sensor.name] = sensor.evaluate_tick(context).cursor


if __name__ == "__main__":
    main()
