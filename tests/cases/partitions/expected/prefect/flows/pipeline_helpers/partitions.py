"""Which partition of the data a run works on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim
from prefect import runtime

from .runs import run_time

DAY = timedelta(days=1)
KEY = "%Y-%m-%dT%H:%M%z"


@dataclass(frozen=True)
class Partition:
    """A window of time: `start` belongs to it, `end` does not."""

    key: str
    start: datetime
    end: datetime

    @property
    def date(self) -> date:
        return self.start.date()


class TimePartitions(ABC):
    """Windows in a zone, from the one with the key `first` to that with the key `last`."""

    def __init__(self, *, first: str, timezone: str, last: str | None = None) -> None:
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.first = self.named(first)
        self.last = self.named(last) if last is not None else None

    @abstractmethod
    def named(self, key: str) -> Partition:
        """The window of a key; a `ValueError` where the text can be none."""

    @abstractmethod
    def complete(self, at: datetime) -> Partition:
        """The last window that had ended at an instant."""

    def existing(self, key: str) -> str:
        """The key of a flow's parameter; a `ValueError` where there is no such window."""
        found = self.named(key)
        start = found.start.timestamp()
        late = self.last is not None and start > self.last.start.timestamp()
        if found.key != key or start < self.first.start.timestamp() or late:
            raise ValueError(f"there is no partition {key}")
        return key

    def of_run(self) -> Partition:
        """The window that the run names, else the last one that was complete at its time."""
        key = runtime.flow_run.parameters.get("partition")
        if key is not None:
            return self.named(key)
        time_of_run = run_time(self.timezone)
        found = self.complete(time_of_run)
        if self.last is not None and found.end.timestamp() > self.last.end.timestamp():
            found = self.last
        if found.start.timestamp() < self.first.start.timestamp():
            raise LookupError(f"no partition was complete at {time_of_run}")
        return found

    def shown(self, moment: datetime) -> datetime:
        """As the clocks of the zone show it, also where they skip the time."""
        return moment.astimezone(UTC).astimezone(self.zone)


class DayPartitions(TimePartitions):
    """Windows that start at midnight; the key is their first day."""

    @abstractmethod
    def first_day(self, day: date) -> date:
        """The first day of the window that a day lies in."""

    @abstractmethod
    def next_day(self, day: date) -> date:
        """The first day of the window after the one with this first day."""

    def named(self, key: str) -> Partition:
        return self.window(self.first_day(date.fromisoformat(key)))

    def complete(self, at: datetime) -> Partition:
        today = at.astimezone(self.zone).date()
        return self.window(self.first_day(self.first_day(today) - DAY))

    def window(self, day: date) -> Partition:
        start, end = (
            self.shown(datetime.combine(one, time(), self.zone))
            for one in (day, self.next_day(day))
        )
        return Partition(day.isoformat(), start, end)


class DailyPartitions(DayPartitions):
    """Days; they last 23 or 25 hours where the clocks change."""

    def first_day(self, day: date) -> date:
        return day

    def next_day(self, day: date) -> date:
        return day + DAY


class WeeklyPartitions(DayPartitions):
    """Weeks, from Monday on."""

    def first_day(self, day: date) -> date:
        return day - day.weekday() * DAY

    def next_day(self, day: date) -> date:
        return day + 7 * DAY


class MonthlyPartitions(DayPartitions):
    """Months of the calendar."""

    def first_day(self, day: date) -> date:
        return day.replace(day=1)

    def next_day(self, day: date) -> date:
        return (day + 31 * DAY).replace(day=1)


class HourlyPartitions(TimePartitions):
    """Hours of the clock; of one that is there twice the offset in the key says which."""

    def named(self, key: str) -> Partition:
        return self.window(self.hour(datetime.strptime(key, KEY)))

    def complete(self, at: datetime) -> Partition:
        end = self.hour(at).astimezone(UTC)
        return self.window(self.hour(end - timedelta(microseconds=1)))

    def window(self, start: datetime) -> Partition:
        end = self.hour(start.astimezone(UTC) + timedelta(hours=1))
        if end.timestamp() == start.timestamp():  # clocks go back by half an hour
            end = self.hour(start.astimezone(UTC) + timedelta(minutes=90))
        return Partition(start.strftime(KEY), start, end)

    def hour(self, at: datetime) -> datetime:
        """When the hour of an instant began."""
        local = at.astimezone(self.zone)
        return self.shown(local.replace(minute=0, second=0, microsecond=0))


class CronPartitions(TimePartitions):
    """From each tick of a cron line to the next one."""

    def __init__(
        self,
        line: str,
        *,
        first: str,
        timezone: str,
        last: str | None = None,
        every_hour: bool = False,
    ) -> None:
        self.line = line
        self.every_hour = every_hour
        self.zone = ZoneInfo(timezone)
        super().__init__(first=first, timezone=timezone, last=last)

    def named(self, key: str) -> Partition:
        start = datetime.strptime(key, KEY).astimezone(UTC)
        length = timedelta(days=2)
        while len(found := self.ticks(start, start + length)) < 2:
            length *= 4
        return self.window(found[0], found[1])

    def complete(self, at: datetime) -> Partition:
        until = at.astimezone(UTC)
        length = timedelta(days=2)
        while len(found := self.ticks(until - length, until)) < 2:
            length *= 4
        return self.window(found[-2], found[-1])

    def window(self, start: datetime, end: datetime) -> Partition:
        key = self.shown(start).strftime(KEY)
        return Partition(key, self.shown(start), self.shown(end))

    def ticks(self, since: datetime, until: datetime) -> list[datetime]:
        """The instants of the line in a span of time, both ends included."""
        margin = timedelta(hours=3)  # where the clocks change some come late
        begin = self.shown(since).replace(tzinfo=None) - margin
        end = self.shown(until).replace(tzinfo=None) + margin
        found = set()
        for clock in CronSim(self.line, begin):
            if clock > end:
                break
            found.update(self.moments(clock))
        return sorted(moment for moment in found if since <= moment <= until)

    def moments(self, clock: datetime) -> list[datetime]:
        """When the clocks show a time: one that they skip comes as much later, and of one that
        they repeat the second counts, or both where the line names every hour.
        """
        first = clock.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        second = clock.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        if second <= first:
            return [first]
        return [first, second] if self.every_hour else [second]
