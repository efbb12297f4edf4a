"""The reference of fire times, against its definition taken literally, and the known days."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest

from dagglot.ir import cron
from dagglot.ir.model import Schedule
from dagglot.semantics import firetimes
from firetimes import generate

MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(line: str, zone: str, since: str, count: int) -> list[str]:
    found = firetimes.of_cron(firetimes.parsed(line), ZoneInfo(zone), utc(since))
    return [f"{at:%m-%dT%H:%M}" for at in islice(found, count)]


@pytest.mark.parametrize(
    ("line", "since", "expected"),
    [
        # 02:30 is missing on 14 March 2027: it comes at 03:30
        ("30 2 * * *", "2027-03-13", ["03-13T07:30", "03-14T07:30", "03-15T06:30"]),
        ("30 2,3 * * *", "2027-03-14", ["03-14T07:30", "03-15T06:30", "03-15T07:30"]),
        ("0,30 2 * * *", "2027-03-14T01:00", ["03-14T07:00", "03-14T07:30", "03-15T06:00"]),
        ("0 * * * *", "2027-03-14T06:00", ["03-14T06:00", "03-14T07:00", "03-14T08:00"]),
        # 01:30 is there twice on 7 November 2027: the second is meant
        ("30 1 * * *", "2027-11-06", ["11-06T05:30", "11-07T06:30", "11-08T06:30"]),
        ("0 1,2 * * *", "2027-11-07T05:00", ["11-07T06:00", "11-07T07:00", "11-08T06:00"]),
        ("0 * * * *", "2027-11-07T05:00", ["11-07T05:00", "11-07T06:00", "11-07T07:00"]),
        (
            "*/30 * * * *",
            "2027-11-07T05:00",
            ["11-07T05:00", "11-07T05:30", "11-07T06:00", "11-07T06:30", "11-07T07:00"],
        ),
    ],
)
def test_when_clocks_change_in_new_york(line: str, since: str, expected: list[str]) -> None:
    assert times(line, "America/New_York", since, len(expected)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 6 1,15 * 1", ["01-01T06:00", "01-05T06:00", "01-12T06:00", "01-15T06:00"]),
        ("0 6 */10 * */2", ["01-01T06:00", "01-03T06:00", "01-04T06:00", "01-06T06:00"]),
        ("0 6 1-31 * 1", ["01-01T06:00", "01-02T06:00"]),
        ("0 0 29 2 *", ["02-29T00:00"]),
        ("0 0 * * 7", ["01-04T00:00", "01-11T00:00"]),
        ("0 0 31 */2 *", ["01-31T00:00", "03-31T00:00", "05-31T00:00"]),
        ("@monthly", ["01-01T00:00", "02-01T00:00"]),
    ],
)
def test_days(line: str, expected: list[str]) -> None:
    assert times(line, "UTC", "2026-01-01", len(expected)) == expected


def fires(line: cron.Cron, zone: ZoneInfo, at: datetime) -> bool:
    """The definition, asked of one minute."""
    local = at.astimezone(zone)
    shown = local.replace(tzinfo=None, fold=0)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    if matches(line, shown) and (local.fold or line.is_hourly or not twice):
        return True
    # the wall-clock time that would be shown, had the clocks not been put forward today
    before = (at - timedelta(days=1)).astimezone(zone).utcoffset()
    assert before is not None
    missing = (at + before).replace(tzinfo=None)
    there = missing.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return matches(line, missing) and there.replace(fold=0) != missing


def matches(line: cron.Cron, shown: datetime) -> bool:
    in_month, in_week = shown.day in line.days, shown.isoweekday() % 7 in line.weekdays
    is_open = line.days_open or line.weekdays_open
    return (
        shown.minute in line.minutes
        and shown.hour in line.hours
        and shown.month in line.months
        and (in_month and in_week if is_open else in_month or in_week)
    )


@pytest.mark.parametrize("seed", range(30))
def test_each_minute_by_the_definition(seed: int) -> None:
    """Some hours around a change of the clocks, minute by minute."""
    rng = random.Random(seed)  # noqa: S311 - a test
    zone_name = rng.choice((*generate.ZONES[1:8], "America/Havana", "Asia/Beirut", "Asia/Gaza"))
    changes = firetimes.clock_changes(zone_name, 2010, 12)
    zone, line = ZoneInfo(zone_name), firetimes.parsed(generate.canonical(rng))
    day = rng.choice(changes).at if changes else utc("2026-05-01")
    since = day - timedelta(hours=5)
    minutes = (since + k * MINUTE for k in range(18 * 60))
    found = firetimes.of_cron(line, zone, since)
    made = list(takewhile(lambda at: at < since + timedelta(hours=18), found))
    assert made == [at for at in minutes if fires(line, zone, at)]


@pytest.mark.parametrize("seed", range(120))
def test_it_does_not_matter_from_when_one_looks(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a test
    line, zone, since, _ = generate.schedule(rng, (*generate.ZONES, *generate.ODD_ZONES))
    begin = datetime.fromisoformat(since)
    later = begin + timedelta(minutes=rng.randrange(3 * 1440))
    all_times = firetimes.of_cron(firetimes.parsed(line), ZoneInfo(zone), begin)
    from_later = firetimes.of_cron(firetimes.parsed(line), ZoneInfo(zone), later)
    first = next(from_later)
    seen = list(takewhile(lambda at: at <= first, all_times))
    assert all(one < two for one, two in pairwise(seen))
    assert [at for at in seen if at >= later] == [first]


@pytest.mark.parametrize("seed", range(60))
def test_ticks_run_both_ways(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a test
    line = firetimes.parsed(generate.canonical(rng))
    begin = datetime(2026, 1, 1) + timedelta(minutes=rng.randrange(1440 * 365))
    forth = list(islice(firetimes.ticks(line, begin), 6))
    back = islice(firetimes.ticks_before(line, forth[-1] + MINUTE), 6)
    assert list(back)[::-1] == forth


def test_elapsed_time_counts_from_its_start() -> None:
    start, every = utc("2026-03-28T12:00"), timedelta(hours=36)
    found = firetimes.of_interval(every, start, utc("2026-04-01T00:00"))
    assert next(found) == utc("2026-04-02T00:00")
    assert next(firetimes.of_interval(every, start, utc("2020-01-01"))) == start
    assert next(firetimes.of_interval(every, start, start)) == start
    later = start + timedelta(seconds=1)
    assert next(firetimes.of_interval(every, start, later)) == start + every


def test_start_and_end_are_inclusive() -> None:
    schedule = Schedule(
        cron="0 3 * * *",
        timezone="Europe/Madrid",
        start=utc("2026-01-10T02:00"),
        end=utc("2026-01-12T02:00"),
    )
    found = firetimes.fire_times(schedule, utc("2026-01-01"))
    assert [f"{at:%dT%H}" for at in found] == ["10T02", "11T02", "12T02"]


def test_what_is_switched_off_or_started_by_hand_never_fires() -> None:
    off = Schedule(cron="0 3 * * *", enabled=False)
    assert list(firetimes.fire_times(off, utc("2026-01-01"))) == []
    assert list(firetimes.fire_times(Schedule(), utc("2026-01-01"))) == []


def test_the_end_of_the_calendar_is_an_end() -> None:
    line = firetimes.parsed("0 0 1 1 *")
    assert len(list(firetimes.ticks(line, datetime(9998, 1, 1)))) == 2


def test_from_the_instant_at_which_an_hour_has_been_there_twice() -> None:
    """A moment before it is not an hour before it, as the clocks of the zone would have it."""
    madrid = ZoneInfo("Europe/Madrid")
    found = firetimes.of_cron(
        firetimes.parsed("30 * * * *"), madrid, datetime(2026, 10, 25, 3, tzinfo=madrid)
    )
    assert next(found) == utc("2026-10-25T02:30")
