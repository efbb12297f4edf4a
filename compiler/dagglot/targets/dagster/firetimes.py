"""When Dagster's schedules fire: `dagster/_utils/schedules.py`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dagglot.ir.cron import Cron
from dagglot.semantics.firetimes import first_wall_clock, in_order, instants, offsets, ticks

_HOURS = (1, 2, 3)
"""Those in which Dagster looks for a change of the clocks."""
_HOUR = timedelta(hours=1)


def of_cron(line: Cron, zone: ZoneInfo, since: datetime, now: datetime) -> Iterator[datetime]:
    """The ticks from ``since`` on. ``now`` is when the daemon looks: what a zone's offset is
    today decides how Dagster counts the minutes of an hourly schedule."""
    if _is_only_minutes(line):
        return _hourly(line, zone, since, now)
    known = _is_known(line)
    walk = ticks(line, first_wall_clock(since, zone))
    if known or line.is_hourly:
        return in_order(walk, zone, since, lambda tick: _instants(line, tick, zone, known))
    return _rising((_instants(line, tick, zone, known) for tick in walk), since)


def _rising(found: Iterator[tuple[datetime, ...]], since: datetime) -> Iterator[datetime]:
    """Without what is earlier than one before it, such as 02:45 after 03:30 for a missing 02:30."""
    last = since - timedelta(microseconds=1)
    for at in (at for each in found for at in each):
        if at > last:
            yield at
            last = at


def _is_only_minutes(line: Cron) -> bool:
    every_day = line.days_open and line.weekdays_open and len(line.months) == 12
    return line.is_hourly and every_day and len(line.minutes) < 60


def _is_known(line: Cron) -> bool:
    """Daily, weekly and monthly schedules, for which Dagster does not ask croniter."""
    if len(line.minutes) > 1 or len(line.hours) > 1 or len(line.months) < 12:
        return False
    return line.days_open or (line.weekdays_open and len(line.days) == 1 and max(line.days) <= 28)


def _instants(line: Cron, tick: datetime, zone: ZoneInfo, known: bool) -> tuple[datetime, ...]:
    first = tick.replace(tzinfo=zone)
    before, after = offsets(tick, zone)
    if before < after:  # in a gap
        if line.is_hourly:
            return ()
        if tick.hour not in _HOURS:
            return (first.astimezone(UTC),)
        # in Dublin, where winter is the exception, `dst` is 0 and the end is not the gap's
        end = first.replace(minute=0) + (zone.dst(first + _HOUR) or timedelta(0))
        return (end.replace(fold=int(known)).astimezone(UTC),)
    if known and tick.hour not in _HOURS:
        return (first.astimezone(UTC),)
    return instants(tick, zone, both=line.is_hourly)


def _hourly(line: Cron, zone: ZoneInfo, since: datetime, now: datetime) -> Iterator[datetime]:
    shift = (now.astimezone(zone).utcoffset() or timedelta(0)) % _HOUR
    at = (since.astimezone(UTC) + shift).replace(second=0, microsecond=0) - shift
    if at < since:
        at += timedelta(minutes=1)
    while True:
        if (at + shift).minute in line.minutes:
            yield at
        at += timedelta(minutes=1)
