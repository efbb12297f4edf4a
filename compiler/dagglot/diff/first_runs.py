"""When a pipeline starts by itself, before a change and after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from dagglot.diff.compare import Change
from dagglot.diff.rules.timing import starts_itself
from dagglot.ir.model import Pipeline, Schedule
from dagglot.semantics.firetimes import fire_times

SHOWN: Final = 3
"""How many instants of each side."""
_WEEK: Final = timedelta(days=7)


class FirstRuns(NamedTuple):
    """The first instants of each side, and how many there are in the first week."""

    zone: str
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
    first = [
        tuple(at.astimezone(zone) for at in islice(fire_times(one, since), SHOWN))
        for one in (olds, news)
    ]
    return FirstRuns(
        shown.timezone, first[0], first[1], (_weekly(olds, since), _weekly(news, since))
    )


def _weekly(schedule: Schedule, since: datetime) -> int:
    return sum(1 for _ in takewhile(lambda at: at < since + _WEEK, fire_times(schedule, since)))
