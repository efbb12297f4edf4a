"""When a pipeline runs: its schedule, what it catches up with, how much of it at once.

Keys of a schedule that change together are one edit: what becomes of the runs is told of one of
them, its lead, by the whole schedules of both sides, and the others only refer to it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dagglot.diagnostics import changes
from dagglot.diagnostics.model import Rule
from dagglot.diff.compare import Change
from dagglot.diff.rules import slices
from dagglot.diff.rules.base import Risk, Sides, Verdict, came, gone, says
from dagglot.diff.rules.instants import (
    SPAN,
    first_of,
    horizon,
    is_same_clock,
    looked_from,
    owed,
    parting,
    starts_itself,
)
from dagglot.diff.show import moment
from dagglot.ir.model import Schedule, changed
from dagglot.semantics.firetimes import parsed

_WINDOW: Final = ("start", "end")
"""What limits a schedule: each tells what it alone does."""


def fires(change: Change, sides: Sides) -> Verdict:
    """`cron` or `every`."""
    before, after = sides.before.schedule, sides.after.schedule
    if _is_same_line(before, after) and before.timezone == after.timezone:
        return says(changes.FIRE_TIMES, "it names the same instants", Risk.COSMETIC)
    if lead(sides) != change.field:
        return _elsewhere(changes.FIRE_TIMES, change, sides)
    if not starts_itself(after):
        return _stopped(after)
    if not starts_itself(before):
        return _added(sides)
    return _others(sides)


def _others(sides: Sides) -> Verdict:
    before, after = sides.before.schedule, sides.after.schedule
    found = parting(before, after, sides.since)
    if found is not None:
        words = f"fires at other instants: {found.words}"
        return says(changes.FIRE_TIMES, words, None, found.found)
    begin = looked_from(before, after, sides.since)
    words = f"the same instants in the {SPAN.days} days from {begin:%Y-%m-%d}"
    if first_of(after, sides.since) is None:
        words = f"fires no more from {begin:%Y-%m-%d} on, nor did it before"
    return says(changes.FIRE_TIMES, words, Risk.SAFE)


def _added(sides: Sides) -> Verdict:
    """The pipeline starts by itself, and did not."""
    after = sides.after.schedule
    if after.on_assets is not None:
        return says(changes.SCHEDULE_ADDED, "starts by itself now, when its assets are updated")
    if after.catchup and after.start is not None:
        words = f"starts by itself now, and catches up with {owed(sides.after, sides.since)}"
        return says(changes.SCHEDULE_ADDED, words, Risk.BREAKING)
    first = first_of(after, sides.since)
    if first is None:
        words = f"has a schedule that fires no more from {sides.since:%Y-%m-%d} on"
        return says(changes.SCHEDULE_ADDED, words, Risk.SAFE)
    when = moment(first.astimezone(ZoneInfo(after.timezone)))
    return says(changes.SCHEDULE_ADDED, f"starts by itself now, first {when}")


def _stopped(after: Schedule) -> Verdict:
    if after.on_assets is not None and after.enabled:
        return says(changes.SCHEDULE_REMOVED, "starts only when its assets are updated now")
    return says(changes.SCHEDULE_REMOVED, "does not start by itself any more")


def enabled(change: Change, sides: Sides) -> Verdict:
    """`enabled`."""
    before, after = sides.before.schedule, sides.after.schedule
    rule = changes.SCHEDULE_ADDED if after.enabled else changes.FIRE_TIMES
    if not before.is_set and not after.is_set:
        return says(rule, "there is no schedule to switch on or off", Risk.COSMETIC)
    if not (before.is_set and after.is_set):  # what came or went with it says it
        name = _set_key(after if after.is_set else before)
        return says(rule, f"what becomes of its runs is told of `schedule.{name}`", Risk.COSMETIC)
    return _added(sides) if after.enabled else _stopped(after)


def assets_that_start(change: Change, sides: Sides) -> Verdict:
    """`on_assets`."""
    before, after = sides.before.schedule, sides.after.schedule
    if before.is_set and after.is_set and before.enabled is not after.enabled:
        words = "what becomes of its runs is told of `schedule.enabled`"
        return says(changes.STARTING_ASSETS, words, Risk.COSMETIC)
    if not (before.enabled or after.enabled):
        words = "they start nothing: the schedule is switched off"
        return says(changes.STARTING_ASSETS, words, Risk.COSMETIC)
    if gone(change) and not after.is_set:
        return _stopped(after) if before.enabled else _off(changes.STARTING_ASSETS)
    if came(change) and not before.is_set:
        return _added(sides) if after.enabled else _off(changes.STARTING_ASSETS)
    return says(changes.STARTING_ASSETS, "other updates of assets start it")


def timezone(change: Change, sides: Sides) -> Verdict:
    """The zone of the schedule, or of partitions."""
    if change.owner == "Partitions":
        return slices.timezone(change, sides)
    before, after = sides.before.schedule, sides.after.schedule
    if not (before.is_set and after.is_set):
        return says(changes.TIMEZONE, "nothing fires by this clock", Risk.COSMETIC)
    if _is_same_clock(sides):
        words = "the clocks of both zones show the same"
        return says(changes.TIMEZONE, words, Risk.SAFE)
    by, found = lead(sides), parting(before, after, sides.since)
    if found is not None and by == change.field:
        return says(changes.TIMEZONE, f"fires by another clock: {found.times}", None, found.found)
    words = "fires at the same instants"
    if found is not None:
        words = f"what becomes of its runs is told of `schedule.{by}`"
    return says(changes.TIMEZONE, f"{words}; `run.date` may be another day", Risk.REVIEW)


def begin(change: Change, sides: Sides) -> Verdict:
    """`start` of the schedule, or of partitions."""
    if change.owner == "Partitions":
        return slices.begin(change, sides)
    before, after, by = sides.before.schedule, sides.after.schedule, lead(sides)
    later = came(change) or (not gone(change) and change.after > change.before)
    rule = changes.WINDOW if later else changes.STARTS_EARLIER
    if not (_is_on(before) and _is_on(after)):
        return _elsewhere(rule, change, sides)
    if after.catchup and not later and starts_itself(after):
        if not (before.catchup and starts_itself(before)):
            name = by if not starts_itself(before) else "catchup"
            words = f"what is caught up with is told of `schedule.{name}`"
            return says(rule, words, Risk.COSMETIC)
        until = change.before if change.before is not None else sides.since
        return says(rule, f"catches up with {owed(sides.after, min(until, sides.since))}")
    if by in _WINDOW:
        told = _moved_start(change, sides, later=later)
        if told is not None:
            return told
    if _is_of_the_zone(change, sides):
        return says(rule, "it is the same time, by the other `schedule.timezone`", Risk.COSMETIC)
    if by == "every" and came(change):
        return _elsewhere(rule, change, sides)
    if slices.give_start(sides):
        return says(rule, "follows from the partitions", Risk.COSMETIC)
    if later:
        return says(rule, "what lies before is not run, nor backfilled, any more")
    return says(rule, "nothing of the past is run, for there is no `catchup`", Risk.REVIEW)


def _moved_start(change: Change, sides: Sides, *, later: bool) -> Verdict | None:
    """What a `start` alone does to the runs from now on; None where that is nothing."""
    after = sides.after.schedule
    before = changed(sides.before.schedule, end=after.end)
    found = parting(before, after, sides.since)
    if found is None or (later and first_of(sides.before.schedule, sides.since) is None):
        return None
    if _is_other_count(before, after):  # `start` is what all instants are counted from
        return _others(sides)
    if later:
        words = f"does not fire before {moment(change.after)}: {found.words}"
        return says(changes.WINDOW, words, Risk.BREAKING, found.found)
    words = f"fires earlier: {found.words}; nothing of the past is run, for there is no `catchup`"
    return says(changes.STARTS_EARLIER, words, Risk.REVIEW, found.found)


def end(change: Change, sides: Sides) -> Verdict:
    """`end` of the schedule, or of partitions."""
    if change.owner == "Partitions":
        return slices.end(change, sides)
    before, after, by = sides.before.schedule, sides.after.schedule, lead(sides)
    if not (_is_on(before) and _is_on(after)):
        return _elsewhere(changes.WINDOW, change, sides)
    before = changed(before, start=after.start)
    found = parting(before, after, sides.since) if by in _WINDOW else None
    if found is not None and first_of(after, sides.since) is None:
        words = f"does not run any more, for it ended at {moment(change.after)}: {found.words}"
        return says(changes.WINDOW, words, Risk.BREAKING, found.found)
    if found is not None and first_of(before, sides.since) is None:
        words = f"runs again after what was its end: {found.words}"
        return says(changes.WINDOW, words, None, found.found)
    if _is_of_the_zone(change, sides):
        words = "it is the same time, by the other `schedule.timezone`"
        return says(changes.WINDOW, words, Risk.COSMETIC)
    if came(change) or (not gone(change) and change.after < change.before):
        return says(changes.WINDOW, f"ends at {moment(change.after)}")
    return says(changes.WINDOW, "goes on after what was its end")


def catchup(change: Change, sides: Sides) -> Verdict:
    """`catchup`."""
    if not (starts_itself(sides.before.schedule) and starts_itself(sides.after.schedule)):
        return _elsewhere(changes.CATCHUP, change, sides)
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


# --- one edit of a schedule -----------------------------------------------------------------------


def lead(sides: Sides) -> str | None:
    """The key whose change tells what becomes of the runs; None where no clock has a say in it."""
    before, after = sides.before.schedule, sides.after.schedule
    if _is_on(before) is not _is_on(after):
        if before.is_set and after.is_set:
            return "enabled"
        return _set_key(after if _is_on(after) else before)
    if starts_itself(before) is not starts_itself(after):
        return _set_key(after if starts_itself(after) else before)
    if not starts_itself(after):
        return None
    if _set_key(before) != _set_key(after):
        return _set_key(after)
    keys = ["cron", "every", "timezone", "start", "end"]
    firsts = [first_of(one, sides.since) for one in (before, after)]
    if firsts.count(None) == 1:  # no key says so but what limits it
        keys = ["end", "start", "cron", "every", "timezone"]
    return next((key for key in keys if _is_other(key, sides)), None)


def _is_other(key: str, sides: Sides) -> bool:
    before, after = sides.before.schedule, sides.after.schedule
    if getattr(before, key) == getattr(after, key):
        return False
    if key == "cron":
        return not _is_same_line(before, after)
    return key != "timezone" or (after.cron is not None and not _is_same_clock(sides))


def _elsewhere(rule: Rule, change: Change, sides: Sides) -> Verdict:
    """A key that another one of the same edit speaks for."""
    by = lead(sides)
    if by is None:
        return _off(rule)
    if by in ("cron", "every") and change.field in ("cron", "every"):
        return says(rule, f"`{by}` is in its place", Risk.COSMETIC)
    return says(rule, f"what becomes of its runs is told of `schedule.{by}`", Risk.COSMETIC)


def _off(rule: Rule) -> Verdict:
    return says(rule, "nothing starts by this schedule", Risk.COSMETIC)


def _is_on(schedule: Schedule) -> bool:
    return schedule.enabled and schedule.is_set


def _set_key(schedule: Schedule) -> str:
    """What a schedule starts by."""
    keys = ("cron", "every", "on_assets")
    return next((key for key in keys if getattr(schedule, key) is not None), "cron")


def _is_same_line(before: Schedule, after: Schedule) -> bool:
    if before.cron is None or after.cron is None:
        return False
    return parsed(before.cron) == parsed(after.cron)


def _is_same_clock(sides: Sides) -> bool:
    """Whether the clocks of both zones show the same, from the first run on."""
    before, after = sides.before.schedule, sides.after.schedule
    starts = [one.start for one in (before, after) if one.start is not None]
    low, high = min((sides.since, *starts)), max((sides.since, *starts))
    return is_same_clock(before.timezone, after.timezone, low, horizon(high))


def _is_of_the_zone(change: Change, sides: Sides) -> bool:
    """Whether a time is the one that it was, by another clock."""
    return slices.is_of_the_zone(change, sides.before.schedule, sides.after.schedule)


def _is_other_count(before: Schedule, after: Schedule) -> bool:
    if before.start is None or after.start is None or after.every is None:
        return False
    return (after.start - before.start) % after.every != timedelta(0)
