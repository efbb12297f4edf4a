"""The slices of data that a pipeline is run for, and which of them a run works on.

A window of time is half-open and in the partitions' zone; static keys have no times. What is asked
of partitions whose document is wrong has an answer too: without ``start`` they have no first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import dropwhile, islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from dagglot.diagnostics.suggest import did_you_mean
from dagglot.frozen import dataclass
from dagglot.ir.model import Partitions, Schedule
from dagglot.semantics import firetimes

_HOURLY: Final = "0 * * * *"
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_FIRST: Final = datetime(1, 1, 3, tzinfo=UTC)
KEY_OF_DAYS: Final = "%Y-%m-%d"
KEY_OF_TIMES: Final = "%Y-%m-%dT%H:%M%z"


@dataclass(frozen=True, slots=True)
class Partition:
    """A slice: its times are aware, in the partitions' zone, and None where it is a static key."""

    key: str
    start: datetime | None = None
    end: datetime | None = None

    @property
    def date(self) -> date | None:
        """The day on which it starts."""
        return self.start.date() if self.start is not None else None

    def fields(self) -> dict[str, object]:
        """What expressions call ``partition.x``."""
        if self.start is None:
            return {"key": self.key}
        return {"key": self.key, "start": self.start, "end": self.end, "date": self.date}


# --- which there are ----------------------------------------------------------------------------


def windows(partitions: Partitions, since: datetime | None = None) -> Iterator[Partition]:
    """Those that start at or after ``since``, in order, without an end where none is declared.

    Static keys all, as they were written.
    """
    if partitions.keys:
        return (Partition(key) for key in partitions.keys)
    begin = max(_utc(since), _utc(partitions.start))
    found = (_window(partitions, *pair) for pair in pairwise(_edges(partitions, begin)))
    end = _last_end(partitions)
    return found if end is None else takewhile(lambda one: _end(one) <= end, found)


def first(partitions: Partitions) -> Partition | None:
    """The first there is; of static keys the first that was written."""
    return next(windows(partitions), None)


def last(partitions: Partitions) -> Partition | None:
    """The last window; None where ``end`` says of none that it is."""
    end = _last_end(partitions)
    return None if end is None else last_complete(partitions, end)


def between(partitions: Partitions, since: datetime, until: datetime) -> tuple[Partition, ...]:
    """The windows that start from ``since`` to ``until``, both included; static keys all."""
    found = windows(partitions, since)
    if partitions.keys:
        return tuple(found)
    return tuple(takewhile(lambda one: _start(one) <= _utc(until), found))


def of_key(partitions: Partitions, key: str) -> Partition | None:
    """The partition of a key; None where it has none."""
    if partitions.keys:
        return Partition(key) if key in partitions.keys else None
    start = _instant(partitions, key)
    if start is None or start < _FIRST:
        return None
    found = next(windows(partitions, start), None)
    return found if found is not None and found.key == key else None


def help_for(partitions: Partitions, key: str) -> str | None:
    """What may have been meant by a key that no partition has."""
    if partitions.keys:
        return did_you_mean(key, partitions.keys)
    earliest, latest = first(partitions), last(partitions)
    if earliest is None:
        return "there is no whole one from `start` to `end`"
    start = _instant(partitions, key)
    if start is None:
        return f"a key looks like `{earliest.key}`"
    if start < _start(earliest):
        return f"the first one is `{earliest.key}`"
    meant = of_time(partitions, start)
    if meant is not None:
        return f"did you mean `{meant.key}`?"
    return f"the last one is `{latest.key}`" if latest is not None else None


# --- which a run works on -----------------------------------------------------------------------


def last_complete(partitions: Partitions, at: datetime) -> Partition | None:
    """The last window that ended at or before an instant; None before the first has ended, and
    of static keys, of which a run must name one."""
    if partitions.keys:
        return None
    end, at = _last_end(partitions), _utc(at)
    return _before(partitions, at if end is None else min(at, end))


def of_time(partitions: Partitions, at: datetime) -> Partition | None:
    """The window that an instant lies in."""
    before = last_complete(partitions, at)
    found = next(windows(partitions, None if before is None else before.end), None)
    return found if found is not None and _start(found) <= _utc(at) < _end(found) else None


def nominal_time(schedule: Schedule, partition: Partition) -> datetime | None:
    """The ``run.time`` of a run that a backfill makes for a partition, in UTC: the first fire time
    at or after its end, and where nothing fires, its end. None for static keys.

    The times of the schedule count as if it had no start and no end, and were switched on.
    """
    if partition.end is None:
        return None
    end, start = _end(partition), None
    if schedule.every is not None and schedule.start is not None:
        start = _utc(schedule.start)
        start += min(0, (end - start) // schedule.every) * schedule.every
    endless = replace(schedule, enabled=True, start=start, end=None)
    return next(firetimes.fire_times(endless, end), end)


def first_start(partitions: Partitions, schedule: Schedule) -> datetime | None:
    """The first instant at which a schedule with ``cron`` or ``every`` finds a partition that is
    complete; of ``every`` one of its own, so that it stays what the rest is counted from."""
    earliest = first(partitions)
    if earliest is None or earliest.end is None:
        return schedule.start
    found = nominal_time(schedule, earliest) if schedule.every is not None else earliest.end
    if found is None or (schedule.start is not None and _utc(schedule.start) >= _utc(found)):
        return schedule.start
    return found.astimezone(ZoneInfo(schedule.timezone))


def never_run(partitions: Partitions, schedule: Schedule) -> Partition | None:
    """The first window, of as many as tell of all others, on which no run of the schedule works."""
    if partitions.keys or not _walks(schedule) or _runs_often(partitions, schedule):
        return None
    endless = replace(partitions, end=None)
    for one, following in pairwise(islice(windows(endless), _ENOUGH.get(partitions.by, 400))):
        if _utc(nominal_time(schedule, one)) >= _end(following):
            return one
    return None


_ENOUGH: Final[dict[str | None, int]] = {"hour": 200, "week": 110, "month": 50}


def _walks(schedule: Schedule) -> bool:
    return schedule.cron is not None or (schedule.every is not None and schedule.start is not None)


def _runs_often(partitions: Partitions, schedule: Schedule) -> bool:
    """Whether it is plain that it runs in every day or hour of the same clocks."""
    if schedule.cron is None or partitions.by is None or schedule.timezone != partitions.timezone:
        return False
    line = firetimes.parsed(schedule.cron)
    return line.is_daily and (partitions.by != "hour" or line.is_hourly)


# --- edges --------------------------------------------------------------------------------------


def _before(partitions: Partitions, end: datetime) -> Partition | None:
    """The last window that ends at or before an instant."""
    start, back = _utc(partitions.start), 2 * _DAY
    while True:
        begin = end - back if end - start > back else start
        found = list(takewhile(lambda at: at <= end, _edges(partitions, begin)))
        if len(found) > 1:
            return _window(partitions, *found[-2:])
        if begin == start:
            return None
        back *= 8


def _edges(partitions: Partitions, since: datetime) -> Iterator[datetime]:
    """The instants, in UTC, at which one window ends and the next one starts."""
    zone = ZoneInfo(partitions.timezone)
    begins = _BEGINS.get(partitions.by)
    if begins is not None:
        found = (
            _midnight(day, zone) for day in _days(begins, since.astimezone(zone).date() - _DAY)
        )
        # some zone once left a day out
        return firetimes.merged(dropwhile(lambda at: at < since, found))
    line = firetimes.parsed(partitions.cron or _HOURLY)
    return firetimes.of_cron(line, zone, since)


def _days(begins: Callable[[date], bool], day: date) -> Iterator[date]:
    try:
        while True:
            if begins(day):
                yield day
            day += _DAY
    except OverflowError:  # the calendar of Python ends
        return


_BEGINS: Final[dict[str | None, Callable[[date], bool]]] = {
    "day": lambda _: True,
    "week": lambda day: day.weekday() == 0,
    "month": lambda day: day.day == 1,
}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins: where clocks skip midnight it is later, where it comes twice the first."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _window(partitions: Partitions, start: datetime, end: datetime) -> Partition:
    zone = ZoneInfo(partitions.timezone)
    local = start.astimezone(zone)
    of_days = partitions.by in _BEGINS
    key = local.strftime(KEY_OF_DAYS if of_days else KEY_OF_TIMES)
    return Partition(key, local, end.astimezone(zone))


def _last_end(partitions: Partitions) -> datetime | None:
    """The last instant at which a window may end: a bare date as ``end`` is its last second."""
    end = partitions.end
    return None if end is None else end.astimezone(UTC) + _SECOND


def _instant(partitions: Partitions, key: str) -> datetime | None:
    """Where the window of a key would start."""
    of_days = partitions.by in _BEGINS
    try:
        if of_days:
            return _midnight(date.fromisoformat(key), ZoneInfo(partitions.timezone))
        return datetime.strptime(key, KEY_OF_TIMES).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _start(partition: Partition) -> datetime:
    return _utc(partition.start)


def _end(partition: Partition) -> datetime:
    return _utc(partition.end)


def _utc(at: datetime | None) -> datetime:
    """Two times of one zone would be compared as clocks show them."""
    return _FIRST if at is None else at.astimezone(UTC)
