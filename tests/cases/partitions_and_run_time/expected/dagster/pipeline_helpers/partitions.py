"""The partition that a run works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
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


def partition_key_of(
    context: dg.OpExecutionContext, partitions: dg.StaticPartitionsDefinition
) -> str:
    """The partition that the run names, as each run must."""
    keys = partitions.get_partition_keys()
    key = context.partition_key if context.has_partition_key else None
    if key is None or key not in keys:
        named = "names no partition" if key is None else f"names the partition {key!r}"
        message = f"the run {named}: launch it for one of {', '.join(keys)}"
        raise dg.Failure(message, allow_retries=False)
    return key


def nominal_time(
    context: dg.OpExecutionContext,
    timezone: str,
    cron: str | None = None,
    every: timedelta | None = None,
    since: datetime | None = None,
) -> datetime:
    """The time of the run; in a backfill the first one of the schedule that finds its
    partition complete.
    """
    if "dagster/backfill" not in context.run.tags:
        return run_time(context, timezone)
    time = context.partition_time_window.end
    if cron is not None:
        ticks = dg.TimeWindowPartitionsDefinition(
            cron_schedule=cron, start=time, fmt="%Y-%m-%dT%H:%M:%S%z", timezone=timezone
        )
        tick = ticks.get_next_partition_window(time, respect_bounds=False)
        time = tick.start if tick is not None else time
    if every is not None and since is not None:
        time += (since - time) % every
    return time.astimezone(ZoneInfo(timezone))
