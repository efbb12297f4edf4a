"""When a pipeline runs: its schedule, what it catches up with, how much of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change
from dagglot.diff.rules.base import FireTime, Risk, Sides, Verdict, came, counted, gone, says
from dagglot.diff.show import moment
from dagglot.ir.model import Partitions, Pipeline, Schedule, changed
from dagglot.semantics.firetimes import fire_times, parsed
from dagglot.semantics.partitions import windows

SPAN: Final = timedelta(days=400)
"""As far as fire times are compared: more than a year, so that each change of clocks is met."""
_WEEK: Final = timedelta(days=7)
_MOST: Final = 10_000
_SHOWN: Final = 3


def fires(change: Change, sides: Sides) -> Verdict:
    """`cron` or `every`."""
    before, after = sides.before.schedule, sides.after.schedule
    if not starts_itself(after):
        return _stopped(after)
    if not starts_itself(before):
        return added(change, sides)
    if _is_same_line(before, after):
        return says(changes.FIRE_TIMES, "it names the same instants", Risk.COSMETIC)
    found = list(islice(_different(before, after, sides.since), _SHOWN))
    if not found:
        words = f"the same instants in the {SPAN.days} days from {sides.since:%Y-%m-%d}"
        return says(changes.FIRE_TIMES, words, Risk.SAFE)
    zone = ZoneInfo(after.timezone)
    times = ", ".join(f"{what} {_instant(at, zone)}" for at, what in found)
    first = _first(found, zone)
    weekly = [_per_week(one, sides.since) for one in (before, after)]
    often = f"{weekly[0]} → {weekly[1]} in the first week; " if weekly[0] != weekly[1] else ""
    return says(changes.FIRE_TIMES, f"fires at other instants: {often}{times}", None, first)


def added(change: Change, sides: Sides) -> Verdict:
    """The pipeline starts by itself, and did not."""
    after = sides.after.schedule
    if after.catchup and after.start is not None:
        words = f"starts by itself now, and catches up with {owed(sides.after, sides.since)}"
        return says(changes.SCHEDULE_ADDED, words, Risk.BREAKING)
    first = next(fire_times(after, sides.since), None)
    when = f", first {_instant(first, ZoneInfo(after.timezone))}" if first is not None else ""
    return says(changes.SCHEDULE_ADDED, f"starts by itself now{when}")


def enabled(change: Change, sides: Sides) -> Verdict:
    """`enabled`."""
    if not sides.after.schedule.enabled:
        return _stopped(sides.after.schedule)
    return added(change, sides)


def _stopped(after: Schedule) -> Verdict:
    if after.on_assets is not None:
        return says(changes.SCHEDULE_REMOVED, "starts only when its assets are updated now")
    return says(changes.SCHEDULE_REMOVED, "does not start by itself any more")


def assets_that_start(change: Change, sides: Sides) -> Verdict:
    """`on_assets`."""
    if gone(change) and not sides.after.schedule.is_set:
        return _stopped(sides.after.schedule)
    if came(change) and not sides.before.schedule.is_set:
        return says(changes.SCHEDULE_ADDED, "starts by itself now, when its assets are updated")
    return says(changes.STARTING_ASSETS, "other updates of assets start it")


def timezone(change: Change, sides: Sides) -> Verdict:
    """The zone of the schedule, or of partitions."""
    if change.owner == "Partitions":
        return says(changes.TIMEZONE, "partitions begin and end by another clock: other keys")
    before, after = sides.before.schedule, sides.after.schedule
    if not (before.is_set and after.is_set):
        return says(changes.TIMEZONE, "nothing fires by this clock", Risk.COSMETIC)
    found = list(islice(_different(before, after, sides.since), _SHOWN))
    if not found:
        words = "fires at the same instants; `run.date` may be another day"
        return says(changes.TIMEZONE, words, Risk.REVIEW)
    zone = ZoneInfo(after.timezone)
    times = ", ".join(f"{what} {_instant(at, zone)}" for at, what in found)
    return says(changes.TIMEZONE, f"fires by another clock: {times}", None, _first(found, zone))


def begin(change: Change, sides: Sides) -> Verdict:
    """`start` of the schedule, or of partitions."""
    if change.owner == "Schedule" and sides.after.schedule.every is not None:
        return _counted_from(change, sides)
    if not (came(change) or (not gone(change) and change.after > change.before)):
        return _earlier(change, sides)
    words = "what lies before is not run, nor backfilled, any more"
    return says(changes.WINDOW, words)


def _earlier(change: Change, sides: Sides) -> Verdict:
    after = sides.after
    if after.schedule.catchup and change.owner == "Schedule":
        until = change.before if change.before is not None else sides.since
        number = owed(after, min(until, sides.since))
        return says(changes.STARTS_EARLIER, f"catches up with {number}")
    if after.partitions is not None:
        many = _missing(after.partitions, change.before)
        return says(changes.STARTS_EARLIER, f"{many} missing until backfilled")
    words = "nothing of the past is run, for there is no `catchup`"
    return says(changes.STARTS_EARLIER, words, Risk.REVIEW)


def _missing(partitions: Partitions, until: datetime | None) -> str:
    """How many partitions there are before what was the first."""
    if until is None or partitions.keys:
        return "earlier partitions are"
    found = takewhile(lambda one: one.start is not None and one.start < until, windows(partitions))
    number = sum(1 for _ in islice(found, _MOST))
    return f"{counted(number, 'earlier partition')} {'is' if number == 1 else 'are'}"


def _counted_from(change: Change, sides: Sides) -> Verdict:
    """With `every`, `start` is what all instants are counted from."""
    return fires(change, sides)


def end(change: Change, sides: Sides) -> Verdict:
    """`end` of the schedule, or of partitions."""
    if came(change) or (not gone(change) and change.after < change.before):
        return says(changes.WINDOW, f"ends at {moment(change.after)}")
    return says(changes.WINDOW, "goes on after what was its end")


def catchup(change: Change, sides: Sides) -> Verdict:
    """`catchup`."""
    if change.after:
        number = owed(sides.after, sides.since)
        return says(changes.CATCHUP, f"catches up with {number} that were not run")
    return says(changes.CATCHUP, "what is missed in a downtime is not run later any more")


def concurrency(change: Change, sides: Sides) -> Verdict:
    """How much may be at work at once; None is no limit of its own."""
    before, after = change.before, change.after
    what = {
        "max_active_runs": "of its runs",
        "max_active_tasks": "of a run's tasks",
        "max_parallel": "of its instances",
    }[change.field]
    if before is not None and (after is None or after > before):
        many = f"as many {what} as there is room for" if after is None else f"{after} {what}"
        words = f"{many} at once, where there were at most {before}"
        return says(changes.OVERLAP, words, Risk.BREAKING)
    return says(changes.OVERLAP, f"at most {after} {what} at once")


def overlap(change: Change, sides: Sides) -> Verdict:
    """`on_overlap`."""
    if change.after == "skip":
        return says(changes.OVERLAP, "a run that would be one too many is left out")
    return says(changes.OVERLAP, "a run that would be one too many waits, where it was left out")


# --- instants -----------------------------------------------------------------------------------


def starts_itself(schedule: Schedule) -> bool:
    """Whether a clock starts it."""
    return schedule.enabled and (schedule.cron is not None or schedule.every is not None)


def owed(pipeline: Pipeline, until: datetime) -> str:
    """How many intervals of a schedule there were from its `start` to an instant, in words."""
    start = pipeline.schedule.start
    if start is None:
        return "0 intervals"
    found = takewhile(lambda at: at < until, fire_times(pipeline.schedule, start))
    number = sum(1 for _ in islice(found, _MOST + 1))
    return f"more than {_MOST:,} intervals" if number > _MOST else counted(number, "interval")


def _is_same_line(before: Schedule, after: Schedule) -> bool:
    if before.cron is None or after.cron is None or before.timezone != after.timezone:
        return False
    return parsed(before.cron) == parsed(after.cron)


def _different(
    before: Schedule, after: Schedule, since: datetime
) -> Iterator[tuple[datetime, str]]:
    """The instants of one alone, each with what became of it, of as many days as are looked at.

    ``start`` and ``end`` are changes of their own.
    """
    until = since + SPAN

    def told(schedule: Schedule, what: str) -> Iterator[tuple[datetime, str]]:
        found = fire_times(_endless(schedule), since)
        return ((at, what) for at in takewhile(lambda at: at < until, found))

    both = merge(told(before, "gone"), told(after, "new"))
    for at, group in groupby(both, key=lambda pair: pair[0]):
        words = {what for _, what in group}
        if len(words) == 1:
            yield at, words.pop()


def _first(found: Sequence[tuple[datetime, str]], zone: ZoneInfo) -> tuple[FireTime, ...]:
    return tuple(FireTime(at.astimezone(zone), what == "gone", what == "new") for at, what in found)


def _endless(schedule: Schedule) -> Schedule:
    start = schedule.start if schedule.every is not None else None
    return changed(schedule, start=start, end=None)


def _per_week(schedule: Schedule, since: datetime) -> str:
    until = since + _WEEK
    found = takewhile(lambda at: at < until, fire_times(_endless(schedule), since))
    return counted(sum(1 for _ in found), "run")


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return moment(at.astimezone(zone))
