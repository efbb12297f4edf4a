"""The partition that a run works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from .runs import run_time


@dataclass(frozen=True)
class Partition:
    """A window of time: `start` belongs to it, `end` does not."""

    key: str
    start: datetime
    end: datetime

    @property
    def date(self) -> date:
        return self.start.date()


def partition_of(
    context: dg.OpExecutionContext, partitions: dg.TimeWindowPartitionsDefinition
) -> Partition:
    """The partition that the run names, else the last one that was complete at its time."""
    if context.has_partition_key:
        key = context.partition_key
    else:
        time = run_time(context, partitions.timezone)
        with dg.partition_loading_context(effective_dt=time):
            last = partitions.get_last_partition_key()
        if last is None:
            message = f"no partition was complete at {time}"
            raise dg.Failure(message, allow_retries=False)
        key = last
    window = partitions.time_window_for_partition_key(key)
    zone = ZoneInfo(partitions.timezone)
    # a midnight that the clocks skip is shown as it is on them
    start, end = (
        datetime.fromtimestamp(edge.timestamp(), zone)
        for edge in (window.start, window.end)
    )
    found = Partition(start.strftime(partitions.fmt), start, end)
    last = partitions.end_timestamp
    if (
        key not in (found.key, window.start.strftime(partitions.fmt))
        or start.timestamp() < partitions.start_timestamp
        or (last is not None and end.timestamp() > last)
    ):
        raise dg.Failure(f"there is no partition {key}", allow_retries=False)
    return found
