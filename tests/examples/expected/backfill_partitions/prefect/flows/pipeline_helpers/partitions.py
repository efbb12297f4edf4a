"""Which partition of the data a run works on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from prefect import runtime

from .runs import run_time

DAY = timedelta(days=1)


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
