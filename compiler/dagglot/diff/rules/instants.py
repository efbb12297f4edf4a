"""The instants at which clocks start a pipeline, of the schedule before a change and after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from dagglot.diff.rules.base import FireTime, counted
from dagglot.diff.show import moment
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline, Schedule
from dagglot.semantics.firetimes import clock_changes, fire_times

SPAN: Final = timedelta(days=400)
"""As far as fire times are compared: more than a year, so that each change of clocks is met."""
MOST: Final = 10_000
"""As far as is counted what nobody wants to know to the last one."""
_SHOWN: Final = 3
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_INSTANT: Final = timedelta(microseconds=1)


def starts_itself(schedule: Schedule) -> bool:
    """Whether a clock starts it."""
    return schedule.enabled and (schedule.cron is not None or schedule.every is not None)


def first_of(schedule: Schedule, since: datetime) -> datetime | None:
    """The next instant; None where there is none any more."""
    return next(fire_times(schedule, since), None)


def owed(pipeline: Pipeline, until: datetime) -> str:
    """How many intervals of a schedule there were from its `start` to an instant, in words."""
    start = pipeline.schedule.start
    if start is None:
        return "0 intervals"
    found = takewhile(lambda at: at < until, fire_times(pipeline.schedule, start))
    return at_most(sum(1 for _ in islice(found, MOST + 1)), "interval")


def at_most(number: int, thing: str) -> str:
    """ "31 intervals", "more than 10,000 intervals"."""
    return f"more than {MOST:,} {thing}s" if number > MOST else counted(number, thing)


# --- where two schedules part ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parting:
    """The first instants that one schedule alone names, and how many each has in a week there;
    ``next`` is the new one's next, where it has none in that week."""

    at: datetime
    found: tuple[FireTime, ...]
    weekly: tuple[int, int]
    next: datetime | None

    @property
    def times(self) -> str:
        """ "gone 2026-01-01 03:00+00:00, new 2026-01-01 04:00+00:00"."""
        return ", ".join(
            f"{'gone' if one.before else 'new'} {moment(one.time)}" for one in self.found
        )

    @property
    def words(self) -> str:
        """How many there are in a week, where that is another number, and the first of them."""
        before, after = (counted(number, "run") for number in self.weekly)
        often = f"{before} → {after} in the first week; " if before != after else ""
        then = f"; the next is {moment(self.next)}" if self.next is not None else ""
        return often + self.times + then


def parting(before: Schedule, after: Schedule, since: datetime) -> Parting | None:
    """Where two schedules part, each with its `start` and `end`; None where they go together."""
    found = list(islice(_of_one_alone(before, after, since), _SHOWN))
    if not found:
        return None
    zone, at = zone_of(before, after), found[0][0]
    often = (weekly(before, at, zone), weekly(after, at, zone))
    following = first_of(after, at) if not often[1] else None
    return Parting(
        at,
        tuple(FireTime(at.astimezone(zone), was, not was) for at, was in found),
        often,
        following.astimezone(zone) if following is not None else None,
    )


def looked_from(before: Schedule, after: Schedule, since: datetime) -> datetime:
    """The first instant of either; else where to look from."""
    firsts = [first_of(one, since) for one in (before, after)]
    return min((at for at in firsts if at is not None), default=since)


def horizon(since: datetime) -> datetime:
    """As far as is looked from an instant; a `start` may stand where the calendar ends."""
    return since + min(SPAN, datetime.max.replace(tzinfo=UTC) - since)


def _of_one_alone(
    before: Schedule, after: Schedule, since: datetime
) -> Iterator[tuple[datetime, bool]]:
    """The instants of one alone, and whether of the first, of as many days as are looked at.

    After so many instants that each hour of the week was met, only days that begin or end
    otherwise, and those about a change of the clocks, can be others.
    """
    since = looked_from(before, after, since)
    until, walked = horizon(since), 0
    for at, sides in islice(_both(before, after, since, until), MOST):
        since, walked = at + _INSTANT, walked + 1
        if len(sides) == 1:
            yield at, sides.pop()
    if walked < MOST:
        return
    odd = {
        change.at.date()
        for one in {before.timezone, after.timezone}
        for change in clock_changes(one, since.year, 3)
    }
    while since < until:
        end = since + min(_DAY, until - since)
        near = (since.date() + number * _DAY for number in (-1, 0, 1, 2))
        parts = any(first_of(before, at) != first_of(after, at) for at in (since, end))
        if parts or not odd.isdisjoint(near):
            found = _both(before, after, since, end)
            yield from ((at, sides.pop()) for at, sides in found if len(sides) == 1)
        since = end


def _both(
    before: Schedule, after: Schedule, since: datetime, until: datetime
) -> Iterator[tuple[datetime, set[bool]]]:
    """The instants of both, and whose they are: True of the first, False of the second."""

    def told(schedule: Schedule, was: bool) -> Iterator[tuple[datetime, bool]]:
        inside = takewhile(lambda at: at < until, fire_times(schedule, since))
        return ((at, was) for at in inside)

    both = merge(told(before, True), told(after, False))
    for at, group in groupby(both, key=lambda pair: pair[0]):
        yield at, {was for _, was in group}


def weekly(schedule: Schedule, at: datetime, zone: ZoneInfo) -> int:
    """How many instants there are in seven days of the calendar, of which one has another hour."""
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    until = midnight + _WEEK
    return sum(1 for _ in takewhile(lambda at: at < until, fire_times(schedule, midnight)))


def zone_of(before: Schedule, after: Schedule) -> ZoneInfo:
    """The zone to show instants of both in."""
    shown = after if starts_itself(after) or not starts_itself(before) else before
    return ZoneInfo(shown.timezone)


def is_same_clock(one: str, other: str, since: datetime, until: datetime) -> bool:
    """Whether clocks of two zones show the same from an instant to another."""
    first = max(since.year, 2)
    zones = [ZoneInfo(name) for name in (one, other)]
    if since.astimezone(zones[0]).utcoffset() != since.astimezone(zones[1]).utcoffset():
        return False
    years = until.year - first + 1
    ones, others = (
        [change for change in clock_changes(name, first, years) if since < change.at <= until]
        for name in (one, other)
    )
    return ones == others
