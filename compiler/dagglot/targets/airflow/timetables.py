"""The timetable of a DAG: what it is called, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from dagglot.frozen import dataclass
from dagglot.ir.model import Schedule

if TYPE_CHECKING:
    from dagglot.targets.clock_changes import Model


@dataclass(frozen=True, slots=True)
class Timetable:
    """One of ``airflow.timetables.trigger``: cron lines in a zone, or elapsed time."""

    name: str
    lines: tuple[str, ...] = ()
    zone: str = "UTC"
    every: timedelta | None = None
    why: str = ""
    """What a reader of the DAG file would ask."""


def timetable(schedule: Schedule, version: str) -> Timetable | None:
    """None where Airflow itself starts no run."""
    if not schedule.enabled:
        return None
    if schedule.every is not None and schedule.start is not None:
        if schedule.catchup:
            return Timetable("DeltaTriggerTimetable", every=schedule.every)
        from dagglot.semantics import intervals

        # without catchup a timedelta counts from when Airflow looks, not from the start
        return _of_lines(intervals.lines(schedule.every, schedule.start), "UTC")
    if schedule.cron is None:
        return None
    changes = version != "2.11" and schedule.timezone != "UTC"
    if changes and (halves := _halves(schedule.cron, schedule.timezone)):
        why = "With one line for all hours Airflow is an hour off after a change of the clocks."
        return _of_lines(halves, schedule.timezone, why)
    return _of_lines((schedule.cron,), schedule.timezone)


def _of_lines(lines: tuple[str, ...], zone: str, why: str = "") -> Timetable:
    name = "CronTriggerTimetable" if len(lines) == 1 else "MultipleCronTriggerTimetable"
    return Timetable(name, lines, zone, why=why)


@lru_cache(64)
def _halves(line: str, zone: str) -> tuple[str, ...]:
    """The hours of some days in two lines, where that alone gives the right times: between two
    hours of one line Airflow counts elapsed time, also over days and changes of the clocks."""
    from dagglot.semantics import firetimes
    from dagglot.targets import clock_changes

    parsed = firetimes.parsed(line)
    if not parsed.is_hourly or parsed.is_daily:
        return ()
    minute, _, days = line.split(" ", 2)
    halves = (f"{minute} 0-11 {days}", f"{minute} 12-23 {days}")
    schedule = Schedule(cron=line, timezone=zone)
    if not clock_changes.differences(schedule, _model((line,), zone)):
        return ()
    return () if clock_changes.differences(schedule, _model(halves, zone)) else halves


def _model(lines: tuple[str, ...], zone: str) -> Model:
    from zoneinfo import ZoneInfo

    from dagglot.semantics import firetimes
    from dagglot.targets.airflow.firetimes import of_lines

    known = [firetimes.parsed(line) for line in lines]
    return lambda since: of_lines(known, ZoneInfo(zone), since)


def fire_times(schedule: Schedule, version: str, since: datetime) -> Iterator[datetime]:
    """The logical dates of the scheduled runs from ``since`` on."""
    from zoneinfo import ZoneInfo

    from dagglot.semantics import firetimes
    from dagglot.targets.airflow.firetimes import going_on

    made = timetable(schedule, version)
    if made is None:
        return iter(())
    start = schedule.start
    if made.every is not None and start is not None:
        found = firetimes.of_interval(made.every, start, since)
    elif start is not None and since <= start:
        found = _model(made.lines, made.zone)(start)
    else:
        known = [firetimes.parsed(line) for line in made.lines]
        found = going_on(known, ZoneInfo(made.zone), since, start)
    return firetimes.until(found, schedule.end)
