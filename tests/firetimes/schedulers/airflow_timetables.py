"""Airflow's own timetables: `python airflow_timetables.py ANSWER < REQUEST`.

Request: {"schedules": [[cron, zone, since, count], …]}; answer: {"times": [[instant, …], …]}.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(AIRFLOW_HOME=home, AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR")
        import pendulum
        from airflow.timetables.base import TimeRestriction
        from airflow.timetables.trigger import CronTriggerTimetable

        def times(cron: str, zone: str, since: str, count: int) -> list[str]:
            timetable = CronTriggerTimetable(cron, timezone=zone)
            earliest = pendulum.parse(since)
            restriction = TimeRestriction(earliest, None, catchup=True)
            found, interval = [], None
            for _ in range(count):
                info = timetable.next_dagrun_info(
                    last_automated_data_interval=interval, restriction=restriction
                )
                interval = info.data_interval
                found.append(info.logical_date.in_timezone("UTC").isoformat())
            return found

        request = json.load(sys.stdin)
        answer = {"times": [times(*each) for each in request["schedules"]]}
        Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")


main()
