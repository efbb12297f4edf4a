"""Where a target fires at other instants than a schedule says: at changes of the clocks.

No clock decides what is found: the years that are looked at begin with the schedule's start, or
with a fixed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from dagglot.frozen import dataclass
from dagglot.ir.model import Schedule
from dagglot.semantics import firetimes
from dagglot.semantics.firetimes import ClockChange

MOST: Final = 3
"""Differences that are told."""
_HOUR: Final = timedelta(hours=1)

Model = Callable[[datetime], Iterator[datetime]]
"""From an instant to the fire times from it on."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A time that the schedule names, and when the target fires instead; None where it does not."""

    said: datetime | None
    done: datetime | None


def differences(schedule: Schedule, target: Model) -> tuple[Difference, ...]:
    """The first times that differ."""
    return tuple(islice(_differences(schedule, target), MOST))


def _differences(schedule: Schedule, target: Model) -> Iterator[Difference]:
    if schedule.cron is None or not firetimes.meets_clock_changes(schedule):
        return
    zone = ZoneInfo(schedule.timezone)
    for change in firetimes.changes_of(schedule):
        since, until = _around(schedule.cron, zone, change)
        said = _between(since, until, firetimes.fire_times(schedule, since))
        done = _between(since, until, target(since))
        missing, more = sorted(said - done), sorted(done - said)
        for k in range(max(len(missing), len(more))):
            yield Difference(
                missing[k] if k < len(missing) else None, more[k] if k < len(more) else None
            )


def _between(since: datetime, until: datetime, found: Iterator[datetime]) -> set[datetime]:
    """Without the first, from which one counts: Airflow does not know the time before a gap as
    one of its own."""
    return {at for at in takewhile(lambda at: at <= until, found) if at != since}


def _around(line: str, zone: ZoneInfo, change: ClockChange) -> tuple[datetime, datetime]:
    """From the last time well before a change to the second one well after it."""
    parsed = firetimes.parsed(line)
    reach = _HOUR + abs(change.after - change.before)
    before = firetimes.wall_clock(change.at - reach, zone)
    last = next(firetimes.ticks_before(parsed, before), before)
    since = firetimes.instants(last, zone, both=False)[0]
    after = firetimes.of_cron(parsed, zone, change.at + reach)
    return since, max(islice(after, 2), default=change.at)


def told(found: tuple[Difference, ...], zone: str) -> str:
    """The differences in words, in the clocks of the schedule's zone."""
    return ", ".join(_told(one, ZoneInfo(zone)) for one in found)


def _told(one: Difference, zone: ZoneInfo) -> str:
    if one.said is None or one.done is None:
        at = one.said or one.done or datetime.max.replace(tzinfo=UTC)
        return f"{'not at' if one.done is None else 'also at'} {_shown(at, zone)}"
    return f"at {_shown(one.done, zone)} and not at {_shown(one.said, zone)}"


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")
