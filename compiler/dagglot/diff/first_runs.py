"""When a pipeline starts by itself, before a change and after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile, zip_longest
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from dagglot.diff.compare import Change
from dagglot.diff.rules.timing import SPAN, starts_itself
from dagglot.ir.model import Pipeline, Schedule
from dagglot.semantics.firetimes import fire_times

SHOWN: Final = 3
"""How many instants of each side."""
_MOST: Final = 10_000
"""Instants that are looked at until the sides part."""


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
    shown = next((one for one in (news, olds) if starts_itself(one)), None)
    if shown is None:
        return None
    zone = ZoneInfo(shown.timezone)
    same, since = _parting(olds, news, since)
    first = [
        tuple(at.astimezone(zone) for at in islice(fire_times(one, since), SHOWN))
        for one in (olds, news)
    ]
    midnight = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    weekly = (_weekly(olds, midnight), _weekly(news, midnight))
    return FirstRuns(shown.timezone, same, first[0], first[1], weekly)


def _parting(olds: Schedule, news: Schedule, since: datetime) -> tuple[int, datetime]:
    """How many instants both share before the first that they do not, and which that is; none and
    the beginning, where they go together for longer than is looked."""
    both = zip_longest(fire_times(olds, since), fire_times(news, since))
    for number, pair in enumerate(islice(both, _MOST)):
        if pair[0] != pair[1]:
            return number, min(at for at in pair if at is not None)
        if pair[0] > since + SPAN:
            break
    return 0, since


def _weekly(schedule: Schedule, midnight: datetime) -> int:
    """How many instants there are in seven days of the calendar, of which one has another hour."""
    until = midnight + timedelta(days=7)
    return sum(1 for _ in takewhile(lambda at: at < until, fire_times(schedule, midnight)))
