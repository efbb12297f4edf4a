"""Runs jobs one after another, and has the sensors look as Dagster's daemon does.

``python told.py PROBE FOLDER``, with an own `$DAGSTER_HOME`; jobs that take too long are not run.
Prints the status of each run and what each sensor said, by their names.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

JOBS = ("told_failed", "told_success", "told_late")


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


def seen(location: Any) -> dict[str, Any]:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        sensors = Sensors(location, instance)
        sensors.look()  # a sensor begins with what happens after its first tick
        runs = {}
        for name in JOBS:
            job = location.reconstructable.get_reconstructable_job(name)
            with dg.execute_job(job, instance=instance) as result:
                runs[name] = [result.run_id, result.dagster_run.status.value]
        said = [sensors.look(), sensors.look(), sensors.look()]
    return {"runs": runs, "said": said}


class Sensors:
    def __init__(self, location: Any, instance: Any) -> None:
        self.repository, self.name, self.instance = location.repository, location.name, instance
        self.cursors: dict[str, str | None] = {}

    def look(self) -> dict[str, str | None]:
        """One tick of each sensor; what it skipped, why."""
        import dagster as dg

        said = {}
        for sensor in self.repository.sensor_defs:
            context = dg.build_sensor_context(
                instance=self.instance,
                cursor=self.cursors.get(sensor.name),
                repository_def=self.repository,
                sensor_name=sensor.name,
            )
            tick = sensor.evaluate_tick(context)
            self.cursors[sensor.name] = tick.cursor
            said[sensor.name] = tick.skip_message
        return said


if __name__ == "__main__":
    main()
