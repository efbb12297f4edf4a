"""When Prefect's schedules fire: `prefect/server/schemas/schedules.py`."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dagglot.ir.cron import Cron
from dagglot.semantics.firetimes import first_wall_clock, in_order, offsets, ticks


def of_cron(line: Cron, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """What the scheduler has made runs for by the time that each is due."""
    walk = _ticks(line, first_wall_clock(since, zone))
    return in_order(walk, zone, since, lambda tick: (instant(tick, zone),))


def _ticks(line: Cron, begin: datetime) -> Iterator[datetime]:
    """As the copy of croniter that Prefect brings has them: it misses some first days of March."""
    previous = begin
    for tick in ticks(line, begin):
        if not _is_missed(line, previous, tick):
            yield tick
            previous = tick


def _is_missed(line: Cron, previous: datetime, tick: datetime) -> bool:
    """From February it goes on to a 31st that is none, which is the third of March, or so."""
    if tick.month != 3 or tick.day > 2 or previous.month == 3 or line.days_open:
        return False
    by_weekday = not line.weekdays_open and tick.isoweekday() % 7 in line.weekdays
    if 2 not in line.months or by_weekday:
        return False
    last = calendar.monthrange(tick.year, 2)[1]
    beyond = min((day for day in line.days if day > last), default=last)
    return tick.day < beyond - last


def instant(tick: datetime, zone: ZoneInfo) -> datetime:
    """The first of two; what the clocks skip comes as much too early as they are put forward.

    As pendulum has it. A server on Python 3.13 or later uses `whenever`, and what the clocks skip
    comes when it would have: there this says too much.
    """
    return tick.replace(tzinfo=UTC) - max(offsets(tick, zone))
