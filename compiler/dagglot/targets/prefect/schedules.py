"""The schedules of a deployment, and when they make runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dagglot.frozen import dataclass
from dagglot.ir.cron import Cron
from dagglot.ir.model import Schedule
from dagglot.semantics import firetimes

_HOUR = timedelta(hours=1)
_LONG = 29
"""The first day that not every month has."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One schedule: a cron line, or elapsed time from an anchor."""

    slug: str
    zone: str
    cron: str | None = None
    day_or: bool = True
    every: timedelta | None = None
    anchor: datetime | None = None

    def data(self) -> dict[str, Any]:
        """As it stands in ``prefect.yaml``."""
        if self.every is not None and self.anchor is not None:
            seconds = self.every.total_seconds()
            return {
                "slug": self.slug,
                "interval": int(seconds) if seconds.is_integer() else seconds,
                "anchor_date": self.anchor.astimezone(UTC).isoformat(),
                "timezone": self.zone,
            }
        return {
            "slug": self.slug,
            "cron": self.cron,
            "timezone": self.zone,
            "day_or": self.day_or,
        }


def entries(schedule: Schedule) -> tuple[Entry, ...]:
    """None where Prefect itself starts no run."""
    if schedule.every is not None:
        # in any other zone Prefect moves what is a day or longer with the clocks
        return (Entry("every", "UTC", every=schedule.every, anchor=schedule.start),)
    if schedule.cron is None:
        return ()
    line = firetimes.parsed(schedule.cron)
    zone = schedule.timezone
    if line.is_hourly and line.is_daily and _changes_by_hours(schedule):
        zone = "UTC"  # the same instants, and none is lost when the clocks are put back
    if not _leaves_february(line):
        return (Entry("cron", zone, schedule.cron),)
    minute, hour, _, month, weekday = schedule.cron.split()
    first = ",".join(str(day) for day in sorted(line.days) if day < _LONG)
    last = ",".join(str(day) for day in sorted(line.days) if day >= _LONG)
    others = ",".join(str(day) for day in range(7) if day not in line.weekdays) or "*"
    days = "*" if line.weekdays_open else others
    return (
        Entry("cron", zone, f"{minute} {hour} {first} {month} {weekday}"),
        Entry("cron-last-days", zone, f"{minute} {hour} {last} {month} {days}", day_or=days == "*"),
    )


def _changes_by_hours(schedule: Schedule) -> bool:
    """Whether the clocks of a zone are changed, and show the minutes of UTC all the time."""
    changes = list(firetimes.changes_of(schedule))
    return bool(changes) and not any(
        change.before % _HOUR or change.after % _HOUR for change in changes
    )


def _leaves_february(line: Cron) -> bool:
    """Whether Prefect's croniter would go from February past the first days of March: with the
    last days of months in a line of their own it does not."""
    if line.days_open or not {2, 3} <= line.months:
        return False
    for last in (28, 29):
        beyond = min((day for day in line.days if day > last), default=last)
        if min(line.days) < beyond - last:
            return True
    return False


def fire_times(schedule: Schedule, since: datetime) -> Iterator[datetime]:
    """The times of the scheduled runs that do something, from ``since`` on."""
    from zoneinfo import ZoneInfo

    from dagglot.targets.prefect.firetimes import of_cron

    if not schedule.enabled:
        return iter(())
    if schedule.start is not None:
        since = max(since, schedule.start)  # the flow itself ends a run outside
    found = []
    for entry in entries(schedule):
        if entry.every is not None and entry.anchor is not None:
            found.append(firetimes.of_interval(entry.every, entry.anchor, since))
        elif entry.cron is not None:
            line = firetimes.parsed(entry.cron)
            if not entry.day_or:
                line = replace(line, days_open=True)  # both must hold
            found.append(of_cron(line, ZoneInfo(entry.zone), since))
    return firetimes.until(firetimes.merged(*found), schedule.end)
