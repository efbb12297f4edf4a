"""When a schedule fires, on every target: cron lines in their zone, and elapsed time.

Times without a zone are wall-clock times; instants are in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import groupby, takewhile
from typing import TypeAlias
from zoneinfo import ZoneInfo

from dagglot.frozen import dataclass
from dagglot.ir import cron
from dagglot.ir.cron import Cron
from dagglot.ir.model import Schedule

Instants: TypeAlias = Callable[[datetime], tuple[datetime, ...]]
"""From a wall-clock time to the instants at which something fires for it."""

_DAY = timedelta(days=1)
_NONE = timedelta(0)
_FIRST_YEAR = 2026


def fire_times(schedule: Schedule, since: datetime) -> Iterator[datetime]:
    """The nominal fire times at or after ``since``, in order, ``start`` and ``end`` included.

    None where nothing but a hand, an asset or another pipeline starts it, or it is switched off.
    """
    if not schedule.enabled:
        return iter(())
    if schedule.start is not None:
        since = max(since, schedule.start)
    if schedule.every is not None and schedule.start is not None:
        found = of_interval(schedule.every, schedule.start, since)
    elif schedule.cron is not None:
        found = of_cron(parsed(schedule.cron), ZoneInfo(schedule.timezone), since)
    else:
        return iter(())
    return until(found, schedule.end)


def until(instants: Iterator[datetime], end: datetime | None) -> Iterator[datetime]:
    """Those up to ``end``, which is included."""
    return instants if end is None else takewhile(lambda at: at <= end, instants)


def merged(*found: Iterator[datetime]) -> Iterator[datetime]:
    """Several in one order, each instant once."""
    return (at for at, _ in groupby(merge(*found)))


@lru_cache(256)
def parsed(line: str) -> Cron:
    """A cron line that is known to be one."""
    made = cron.parse(line)
    if isinstance(made, str):
        raise ValueError(made)
    return made


def of_interval(every: timedelta, start: datetime, since: datetime) -> Iterator[datetime]:
    """``start`` + k·``every`` in elapsed time, for k from 0."""
    at = start.astimezone(UTC)
    if since > at:
        at += -((at - since) // every) * every  # rounded up: `//` rounds down
    while True:
        yield at
        at += every


def of_cron(line: Cron, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """The instants of a cron line in a zone, each once.

    A wall-clock time that the clocks skip fires at the instant it would have had; one that they
    repeat fires the second time or, where the line names every hour, both times.
    """
    walk = ticks(line, first_wall_clock(since, zone))
    return in_order(walk, zone, since, lambda tick: instants(tick, zone, both=line.is_hourly))


def first_wall_clock(since: datetime, zone: ZoneInfo) -> datetime:
    """Where to begin with wall-clock times: some before an instant may come again, or be late."""
    local = wall_clock(since, zone)
    return local - 2 * _DAY if _near_a_change(local, zone) else local


def in_order(
    walk: Iterator[datetime], zone: ZoneInfo, since: datetime, of: Instants
) -> Iterator[datetime]:
    """What ``of`` makes of wall-clock times that are in order: sorted, each once, from ``since``
    on."""
    last = since.astimezone(UTC) - timedelta(microseconds=1)
    unsettled: list[datetime] = []
    for tick in walk:
        found = of(tick)
        if _near_a_change(tick, zone):
            unsettled += found  # the order of wall-clock times is not that of their instants
            continue
        for at in (*sorted(unsettled), *found):
            if at > last:
                yield at
                last = at
        unsettled.clear()


def _near_a_change(local: datetime, zone: ZoneInfo) -> bool:
    return any(low <= local <= high for low, high in _unsettled(zone.key, local.year))


@lru_cache(512)
def _unsettled(zone: str, year: int) -> tuple[tuple[datetime, datetime], ...]:
    """The wall-clock times of a year that are missing or repeated, and as much on both sides."""
    ranges = (change.odd_times for change in clock_changes(zone, year - 1, 3))
    return tuple(
        (low - (high - low), high + (high - low))
        for low, high in ranges
        if low.year == year or high.year == year
    )


# --- wall clocks ----------------------------------------------------------------------------------


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show at an instant."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def offsets(local: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The offsets of a wall-clock time: alike, but where it is missing or there twice. Then those
    from before and after the change."""
    before = local.replace(tzinfo=zone, fold=0).utcoffset()
    after = local.replace(tzinfo=zone, fold=1).utcoffset()
    return before or _NONE, after or _NONE


def instants(local: datetime, zone: ZoneInfo, *, both: bool) -> tuple[datetime, ...]:
    """The instants of a wall-clock time: one, or both where it occurs twice and that is asked for.

    In a gap it is the offset from before it that counts, so that 02:30 becomes 03:30.
    """
    before, after = offsets(local, zone)
    local = local.replace(tzinfo=UTC)
    if before > after:
        return (local - before, local - after) if both else (local - after,)
    return (local - before,)


def ticks(line: Cron, begin: datetime) -> Iterator[datetime]:
    """The wall-clock times of a cron line at or after ``begin``, in order."""
    hours, minutes = sorted(line.hours), sorted(line.minutes)
    for day in _days(line, begin.date(), 1):
        for hour in hours:
            if day == begin.date() and hour < begin.hour:
                continue
            for minute in minutes:
                made = datetime(day.year, day.month, day.day, hour, minute)
                if made >= begin:
                    yield made


def ticks_before(line: Cron, end: datetime) -> Iterator[datetime]:
    """The wall-clock times of a cron line before ``end``, the latest first."""
    hours, minutes = sorted(line.hours, reverse=True), sorted(line.minutes, reverse=True)
    for day in _days(line, end.date(), -1):
        for hour in hours:
            if day == end.date() and hour > end.hour:
                continue
            for minute in minutes:
                made = datetime(day.year, day.month, day.day, hour, minute)
                if made < end:
                    yield made


def _days(line: Cron, day: date, step: int) -> Iterator[date]:
    try:
        while True:
            if _is_day(line, day):
                yield day
            day += step * _DAY
    except OverflowError:  # the calendar of Python ends
        return


def _is_day(line: Cron, day: date) -> bool:
    if day.month not in line.months:
        return False
    in_month, in_week = day.day in line.days, day.isoweekday() % 7 in line.weekdays
    if line.days_open or line.weekdays_open:
        return in_month and in_week
    return in_month or in_week


# --- where clocks change --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClockChange:
    """An instant at which a zone's clocks are put forward (a gap) or back (an hour repeated)."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def odd_times(self) -> tuple[datetime, datetime]:
        """The wall-clock times that are missing, or there twice: from the first to the second."""
        low, high = sorted((self.before, self.after))
        return (self.at + low).replace(tzinfo=None), (self.at + high).replace(tzinfo=None)


@lru_cache(64)
def clock_changes(zone: str, first: int, years: int) -> tuple[ClockChange, ...]:
    """The changes of a zone's clocks from the beginning of a year on."""
    known, found = ZoneInfo(zone), []
    last = min(first + years, MAXYEAR)
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    week = timedelta(days=7)  # no clock is changed twice in one
    while at < end:
        low, high = at, at + week
        before, after = low.astimezone(known).utcoffset(), high.astimezone(known).utcoffset()
        if before is not None and after is not None and before != after:
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) // timedelta(minutes=2) * timedelta(minutes=1)
                if middle.astimezone(known).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            found.append(ClockChange(high, before, after))
        at += week
    return tuple(found)


def changes_of(schedule: Schedule) -> Iterator[ClockChange]:
    """The changes of the clocks that a schedule may meet, in as many years as tell of all others.

    No clock is asked which year it is: what is made of a schedule does not depend on it.
    """
    line = parsed(schedule.cron) if schedule.cron else None
    first = max(_FIRST_YEAR, schedule.start.year) if schedule.start else _FIRST_YEAR
    every_day = line is not None and line.is_daily
    # after 28 years each date has been on each day of the week
    for change in clock_changes(schedule.timezone, first, 3 if every_day else 28):
        if schedule.end is not None and change.at > schedule.end + _DAY:
            return
        if schedule.start is None or change.at > schedule.start - _DAY:
            yield change


def meets_clock_changes(schedule: Schedule) -> bool:
    """Whether some of its times are missing or there twice, or follow one another by the hour."""
    if schedule.cron is None or not schedule.enabled:
        return False
    line = parsed(schedule.cron)
    for change in changes_of(schedule):
        low, high = change.odd_times
        if line.is_hourly or next(ticks(line, low), high) < high:
            return True
    return False
