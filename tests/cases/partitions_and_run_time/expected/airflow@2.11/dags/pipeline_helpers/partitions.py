"""Which partition of the data a run works on."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from airflow.exceptions import AirflowFailException
from croniter import croniter_range

from pipeline_helpers.runs import run_time

DAY = datetime.timedelta(days=1)
KEY = "%Y-%m-%dT%H:%M%z"


@dataclass(frozen=True)
class Partition:
    """The data from `start` to just before `end`."""

    key: str
    start: datetime.datetime
    end: datetime.datetime

    @property
    def date(self) -> datetime.date:
        """The day on which it starts."""
        return self.start.date()


class TimePartitions(ABC):
    """Slices of time in a zone, from the one with the key `first` to that with the key `last`."""

    def __init__(self, *, first: str, last: str | None = None, timezone: str) -> None:
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.first = first
        self.last = last

    @abstractmethod
    def named(self, key: str) -> Partition:
        """The partition of a key; a `ValueError`, or another key's, where there is none."""

    @abstractmethod
    def complete(self, at: datetime.datetime) -> Partition:
        """The last partition that had ended at an instant."""

    def of(self, dag_run: Any) -> Partition:
        """The partition that a run names in its `conf`, else the last complete one at its time."""
        key = (dag_run.conf or {}).get("partition")
        first = self.named(self.first)
        last = self.named(self.last) if self.last else None
        if key is None:
            found = self.complete(run_time(dag_run, self.timezone))
            if last and found.end.timestamp() > last.end.timestamp():
                found = last
            if found.start.timestamp() < first.start.timestamp():
                raise AirflowFailException(f"{first.key}, the first, is not over yet")
            return found
        try:
            found = self.named(key)
        except (TypeError, ValueError):
            reason = f"{key!r} is no partition, as {first.key} is"
            raise AirflowFailException(reason) from None
        if (
            found.key != key
            or found.start.timestamp() < first.start.timestamp()
            or (last and found.start.timestamp() > last.start.timestamp())
        ):
            raise AirflowFailException(f"there is no partition {key}")
        return found

    def check(self, dag_run: Any) -> None:
        """Fail, without retries, where there is no partition that a run could work on."""
        self.of(dag_run)


class DayPartitions(TimePartitions):
    """Partitions that begin at midnight; the key is their first day."""

    @abstractmethod
    def first_day(self, day: datetime.date) -> datetime.date:
        """The first day of the partition that a day lies in."""

    @abstractmethod
    def next_day(self, day: datetime.date) -> datetime.date:
        """The first day of the partition after the one with this first day."""

    def named(self, key: str) -> Partition:
        return self.partition(self.first_day(datetime.date.fromisoformat(key)))

    def complete(self, at: datetime.datetime) -> Partition:
        today = at.astimezone(self.zone).date()
        return self.partition(self.first_day(self.first_day(today) - DAY))

    def partition(self, day: datetime.date) -> Partition:
        start, end = self.midnight(day), self.midnight(self.next_day(day))
        return Partition(day.isoformat(), start, end)

    def midnight(self, day: datetime.date) -> datetime.datetime:
        """When a day begins: where clocks skip midnight, it is later."""
        start = datetime.datetime.combine(day, datetime.time(), self.zone)
        return start.astimezone(datetime.UTC).astimezone(self.zone)


class DailyPartitions(DayPartitions):
    """Days, which last 23 or 25 hours where the clocks change."""

    def first_day(self, day: datetime.date) -> datetime.date:
        return day

    def next_day(self, day: datetime.date) -> datetime.date:
        return day + DAY


class WeeklyPartitions(DayPartitions):
    """Weeks, from Monday on."""

    def first_day(self, day: datetime.date) -> datetime.date:
        return day - day.weekday() * DAY

    def next_day(self, day: datetime.date) -> datetime.date:
        return day + 7 * DAY


class MonthlyPartitions(DayPartitions):
    """Months of the calendar."""

    def first_day(self, day: datetime.date) -> datetime.date:
        return day.replace(day=1)

    def next_day(self, day: datetime.date) -> datetime.date:
        return (day + 31 * DAY).replace(day=1)


class HourlyPartitions(TimePartitions):
    """Hours of the clock; one that is there twice is two, and the offset in the key says which."""

    def named(self, key: str) -> Partition:
        return self.partition(self.hour(datetime.datetime.strptime(key, KEY)))

    def complete(self, at: datetime.datetime) -> Partition:
        end = self.hour(at).astimezone(datetime.UTC)
        return self.partition(self.hour(end - datetime.timedelta(microseconds=1)))

    def partition(self, start: datetime.datetime) -> Partition:
        moment = start.astimezone(datetime.UTC)
        end = self.hour(moment + datetime.timedelta(hours=1))
        if end.timestamp() == start.timestamp():  # where clocks go back by half an hour
            end = self.hour(moment + datetime.timedelta(minutes=90))
        return Partition(start.strftime(KEY), start, end)

    def hour(self, at: datetime.datetime) -> datetime.datetime:
        """When the hour of an instant has begun."""
        start = at.astimezone(self.zone).replace(minute=0, second=0, microsecond=0)
        return start.astimezone(datetime.UTC).astimezone(self.zone)


class CronPartitions(TimePartitions):
    """From each tick of a cron line to the next one."""

    def __init__(
        self,
        line: str,
        *,
        every_hour: bool = False,
        first: str,
        last: str | None = None,
        timezone: str,
    ) -> None:
        super().__init__(first=first, last=last, timezone=timezone)
        self.line = line
        self.every_hour = every_hour

    def named(self, key: str) -> Partition:
        start = datetime.datetime.strptime(key, KEY).astimezone(datetime.UTC)
        length = datetime.timedelta(days=2)
        while len(found := self.ticks(start, start + length)) < 2:
            length *= 4
        return self.partition(found[0], found[1])

    def complete(self, at: datetime.datetime) -> Partition:
        until = at.astimezone(datetime.UTC)
        length = datetime.timedelta(days=2)
        while len(found := self.ticks(until - length, until)) < 2:
            length *= 4
        return self.partition(found[-2], found[-1])

    def partition(self, start: datetime.datetime, end: datetime.datetime) -> Partition:
        start = start.astimezone(self.zone)
        return Partition(start.strftime(KEY), start, end.astimezone(self.zone))

    def ticks(
        self, since: datetime.datetime, until: datetime.datetime
    ) -> list[datetime.datetime]:
        """The instants of the line in a span of time, both ends included."""
        margin = datetime.timedelta(hours=3)  # where clocks change, some are late
        begin, end = self.clock(since) - margin, self.clock(until) + margin
        clocks = croniter_range(begin, end, self.line)
        found = {moment for clock in clocks for moment in self.moments(clock)}
        return sorted(moment for moment in found if since <= moment <= until)

    def clock(self, moment: datetime.datetime) -> datetime.datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def moments(self, clock: datetime.datetime) -> list[datetime.datetime]:
        """When clocks show a time. One that they skip comes as much later; one that they show
        twice counts the second time, or both times where the line names every hour."""
        first = clock.replace(tzinfo=self.zone, fold=0).astimezone(datetime.UTC)
        second = clock.replace(tzinfo=self.zone, fold=1).astimezone(datetime.UTC)
        if second <= first:
            return [first]
        return [first, second] if self.every_hour else [second]


class StaticPartitions:
    """Partitions by name; each run names one as the param `partition`."""

    def __init__(self, keys: Collection[str]) -> None:
        self.keys = keys

    def key(self, dag_run: Any) -> str:
        """The partition that a run names in its `conf`."""
        key = (dag_run.conf or {}).get("partition")
        if key is None:
            raise AirflowFailException("a run must name one, as the param `partition`")
        if key not in self.keys:
            raise AirflowFailException(f"there is no partition {key!r}")
        return str(key)

    def check(self, dag_run: Any) -> None:
        """Fail, without retries, where a run names no partition that there is."""
        self.key(dag_run)
