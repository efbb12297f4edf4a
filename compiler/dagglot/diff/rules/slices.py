"""Which partitions there are: where the first begins, the last ends, and by which clock."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change
from dagglot.diff.rules.base import Risk, Sides, Verdict, came, gone, says
from dagglot.diff.rules.instants import MOST, at_most, horizon, is_same_clock, starts_itself
from dagglot.diff.show import moment
from dagglot.ir.model import Partitions, Pipeline, Schedule
from dagglot.semantics.partitions import Partition, first, nominal_time, windows


def timezone(change: Change, sides: Sides) -> Verdict:
    """`timezone`."""
    before, after = sides.before.partitions, sides.after.partitions
    if before is None or after is None or before.keys or after.keys:
        return says(changes.TIMEZONE, "nothing is cut by this clock", Risk.COSMETIC)
    start = after.start or sides.since
    until = horizon(max(start, sides.since))
    if is_same_clock(before.timezone, after.timezone, start, until):
        words = "partitions begin and end at the same instants, from the first on"
        return says(changes.TIMEZONE, words, Risk.SAFE)
    ones, others = (islice(windows(one), MOST) for one in (before, after))
    for one, other in zip(ones, others, strict=False):
        if one.key != other.key:
            break
        if _edges(one) != _edges(other):
            words = "partitions begin and end by another clock: the same keys are other slices"
            return says(changes.TIMEZONE, words)
    return says(changes.TIMEZONE, "partitions begin and end by another clock: other keys")


def begin(change: Change, sides: Sides) -> Verdict:
    """`start`."""
    before, after = sides.before.partitions, sides.after.partitions
    later = came(change) or (not gone(change) and change.after > change.before)
    rule = changes.WINDOW if later else changes.STARTS_EARLIER
    if before is None or after is None:
        return says(rule, "there are other partitions")
    if is_of_the_zone(change, before, after):
        return says(rule, "it is the same time, by the other `partitions.timezone`", Risk.COSMETIC)
    if later:
        return says(rule, "what lies before is not run, nor backfilled, any more")
    if (before.by, before.cron, before.keys) != (after.by, after.cron, after.keys):
        words = "other slices: what is missing is told of them"
        return says(rule, words, Risk.COSMETIC)
    if sides.after.schedule.catchup and starts_itself(sides.after.schedule):
        words = "earlier partitions are caught up with"
        return says(rule, f"{words}, which is told of `schedule.start`", Risk.COSMETIC)
    if change.before is None:
        return says(rule, "earlier partitions are missing until backfilled")
    number = missing(after, sides, change.before)
    if not number:
        return says(rule, "begins earlier; none of the new ones is complete yet", Risk.REVIEW)
    many = at_most(number, "earlier partition")
    return says(rule, f"{many} {'is' if number == 1 else 'are'} missing until backfilled")


def end(change: Change, sides: Sides) -> Verdict:
    """`end`."""
    before, after = sides.before.partitions, sides.after.partitions
    if before is not None and after is not None and is_of_the_zone(change, before, after):
        words = "it is the same time, by the other `partitions.timezone`"
        return says(changes.WINDOW, words, Risk.COSMETIC)
    if came(change) or (not gone(change) and change.after < change.before):
        return says(changes.WINDOW, f"ends at {moment(change.after)}")
    return says(changes.WINDOW, "goes on after what was its end")


def missing(partitions: Partitions, sides: Sides, until: datetime) -> int:
    """How many windows that start before an instant have ended, as far as is counted."""

    def is_missing(one: Partition) -> bool:
        if one.start is None or one.end is None:
            return False
        return one.start.astimezone(UTC) < until and one.end <= sides.since

    return sum(1 for _ in islice(takewhile(is_missing, windows(partitions)), MOST + 1))


def _edges(partition: Partition) -> tuple[datetime | None, ...]:
    """Its instants: Python compares times of one zone by what its clock shows."""
    return tuple(at and at.astimezone(UTC) for at in (partition.start, partition.end))


def is_of_the_zone(
    change: Change, before: Schedule | Partitions, after: Schedule | Partitions
) -> bool:
    """Whether a `start` or `end` is the time that it was, by another clock."""
    if before.timezone == after.timezone or came(change) or gone(change):
        return False
    zones = (ZoneInfo(before.timezone), ZoneInfo(after.timezone))
    was, now = (
        at.astimezone(zone).replace(tzinfo=None)
        for at, zone in zip((change.before, change.after), zones, strict=True)
    )
    return bool(was == now)


def give_start(sides: Sides) -> bool:
    """Whether the schedules of both sides begin where their first partition is complete."""
    return all(map(_gives_start, (sides.before, sides.after)))


def _gives_start(pipeline: Pipeline) -> bool:
    if pipeline.partitions is None:
        return False
    schedule, earliest = pipeline.schedule, first(pipeline.partitions)
    if earliest is None or earliest.end is None or schedule.start is None:
        return False
    end = earliest.end
    if schedule.every is not None:
        end = nominal_time(schedule, earliest) or end
    return schedule.start.astimezone(UTC) == end.astimezone(UTC)
