"""Elapsed time as cron lines in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from dagglot.semantics import firetimes, intervals

START = datetime(2026, 1, 1, 6, 30, tzinfo=UTC)  # a Thursday
UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (1, ("* * * * *",)),
        (15, ("*/15 * * * *",)),
        (20, ("10,30,50 * * * *",)),
        (40, ("30 */2 * * *", "10,50 1-23/2 * * *")),
        (60, ("30 * * * *",)),
        (90, ("30 */3 * * *", "0 2-23/3 * * *")),
        (480, ("30 6,14,22 * * *",)),
        (1440, ("30 6 * * *",)),
        (5040, ("30 6 * * 4", "30 18 * * 0")),
        (10080, ("30 6 * * 4",)),
        (7, ()),
        (50, ()),
        (2880, ()),
        (840, ()),  # a line for each of the twelve times of a week
    ],
)
def test_lines(minutes: int, expected: tuple[str, ...]) -> None:
    assert intervals.lines(timedelta(minutes=minutes), START) == expected


@pytest.mark.parametrize("minutes", [1, 5, 15, 20, 40, 60, 90, 120, 160, 480, 720, 2520, 5040])
def test_lines_fire_at_each_time_and_at_no_other(minutes: int) -> None:
    every = timedelta(minutes=minutes)
    found = firetimes.merged(
        *(
            firetimes.of_cron(firetimes.parsed(line), UTC_ZONE, START)
            for line in intervals.lines(every, START)
        )
    )
    count = 1 + 15000 // minutes
    assert list(islice(found, count)) == [START + k * every for k in range(count)]


@pytest.mark.parametrize("minutes", [7, 50, 100, 150, 420, 840, 2880, 11520])
def test_the_grid_holds_each_time(minutes: int) -> None:
    every = timedelta(minutes=minutes)
    line = firetimes.parsed(intervals.grid(every, START))
    for at in (START + k * every for k in range(50)):
        assert next(firetimes.of_cron(line, UTC_ZONE, at)) == at


def test_seconds_are_no_matter_for_cron() -> None:
    assert intervals.has_seconds(timedelta(seconds=90), START)
    assert intervals.has_seconds(timedelta(minutes=1), START + timedelta(seconds=1))
    assert intervals.lines(timedelta(seconds=90), START) == ()
