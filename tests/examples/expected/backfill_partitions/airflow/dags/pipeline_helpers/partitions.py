"""Which partition of the data a run works on."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk.exceptions import AirflowFailException

from pipeline_helpers.runs import run_time

DAY = datetime.timedelta(days=1)


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
