"""When Airflow's cron timetables fire: `airflow/timetables/_cron.py`, `trigger.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, islice
from zoneinfo import ZoneInfo

from dagglot.ir.cron import Cron
from dagglot.semantics.firetimes import instants, ticks, ticks_before, wall_clock


def of_cron(line: Cron, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """The logical dates of a CronTriggerTimetable, each made of the one before it."""
    return of_lines((line,), zone, since)


def of_lines(lines: Sequence[Cron], zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """The logical dates of a MultipleCronTriggerTimetable from ``since`` on, its start."""
    found = [_aligned(line, zone, since.astimezone(UTC)) for line in lines]
    while at := min((one for one in found if one is not None), default=None):
        yield at
        found = [_after(line, zone, at) for line in lines]


def going_on(
    lines: Sequence[Cron], zone: ZoneInfo, since: datetime, start: datetime | None = None
) -> Iterator[datetime]:
    """The logical dates from ``since`` on of a timetable that made runs before: each follows from
    the one before it, which may be months and a change of the clocks away."""
    last = max((_last(line, zone, since) for line in lines), default=since)
    last = max(last, start) if start is not None else last
    return dropwhile(lambda at: at < since, of_lines(lines, zone, last))


def _last(line: Cron, zone: ZoneInfo, before: datetime) -> datetime:
    for tick in islice(ticks_before(line, wall_clock(before, zone)), 200):
        at = instants(tick, zone, both=False)[0]
        if at < before:
            return at
    return before


def _after(line: Cron, zone: ZoneInfo, at: datetime) -> datetime | None:
    local = wall_clock(at, zone)
    begin = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
    tick = next(ticks(line, begin), None)
    if tick is None:
        return None
    if line.is_hourly:  # as much later as the clocks would show, had they not been changed
        return at + (tick - local)
    return instants(tick, zone, both=False)[0]


def _before(line: Cron, zone: ZoneInfo, at: datetime) -> datetime | None:
    local = wall_clock(at, zone)
    tick = next(ticks_before(line, local), None)
    if tick is None:
        return None
    return at - (local - tick) if line.is_hourly else instants(tick, zone, both=False)[0]


def _aligned(line: Cron, zone: ZoneInfo, at: datetime) -> datetime | None:
    found = _after(line, zone, at)
    return at if found is not None and _before(line, zone, found) == at else found
