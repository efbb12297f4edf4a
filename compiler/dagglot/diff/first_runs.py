"""When a pipeline starts by itself, before a change and after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import Final, NamedTuple

from dagglot.diff.compare import Change
from dagglot.diff.rules.instants import looked_from, parting, starts_itself, weekly, zone_of
from dagglot.ir.model import Pipeline, Schedule
from dagglot.semantics.firetimes import fire_times

SHOWN: Final = 3
"""How many instants of each side."""


class FirstRuns(NamedTuple):
    """The first instants of each side from where they differ, and how many there are in a week from
    there; ``same`` runs before that are the same on both."""

    zone: str
    same: int
    before: tuple[datetime, ...]
    after: tuple[datetime, ...]
    weekly: tuple[int, int]


def first_runs(
    before: Pipeline | None, after: Pipeline | None, told: Sequence[Change], since: datetime
) -> FirstRuns | None:
    """None where the schedule did not change, or no clock starts either side."""
    changed = before is None or after is None or any(one.steps[0] == "schedule" for one in told)
    if not changed:
        return None
    olds, news = (one.schedule if one is not None else Schedule() for one in (before, after))
    if not (starts_itself(olds) or starts_itself(news)):
        return None
    zone = zone_of(olds, news)
    same, since = _parting(olds, news, since)
    first = [
        tuple(at.astimezone(zone) for at in islice(fire_times(one, since), SHOWN))
        for one in (olds, news)
    ]
    often = (weekly(olds, since, zone), weekly(news, since, zone))
    return FirstRuns(zone.key, same, first[0], first[1], often)


def _parting(olds: Schedule, news: Schedule, since: datetime) -> tuple[int, datetime]:
    """How many instants both share before the first that they do not, and which that is; none and
    the first of all, where they go together for longer than is looked."""
    found = parting(olds, news, since)
    if found is None:
        return 0, looked_from(olds, news, since)
    shared = takewhile(lambda at: at < found.at, fire_times(olds, since))
    return sum(1 for _ in shared), found.at
