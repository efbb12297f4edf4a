"""The reference of partitions: their windows tile time, their keys name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagglot.ir.model import Partitions, Schedule
from dagglot.semantics import partitions as reference
from dagglot.semantics.partitions import Partition

# Havana repeats midnight, Beirut and Santiago skip it, Lord Howe moves by half an hour, Apia once
# left a day out
ZONES = (
    *("UTC", "Europe/Madrid", "America/New_York", "America/Havana", "Asia/Beirut"),
    *("America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"),
)
LINES = (
    "0 6 * * 1-5",
    "30 2 * * *",
    "0 0 1,15 * *",
    "15,45 1-3 * * *",
    "0 */6 * * *",
    "0 2 29 2 *",
)
KINDS = (
    {"by": "hour"},
    {"by": "day"},
    {"by": "week"},
    {"by": "month"},
    *({"cron": x} for x in LINES),
)

instants = st.datetimes(datetime(2010, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)


@st.composite
def some(draw: st.DrawFn) -> Partitions:
    zone = draw(st.sampled_from(ZONES))
    start = draw(instants).astimezone(ZoneInfo(zone))
    return Partitions(**draw(st.sampled_from(KINDS)), start=start, timezone=zone)


def utc(at: datetime | None) -> datetime:
    assert at is not None
    return at.astimezone(UTC)


@settings(deadline=None, max_examples=60)
@given(some())
def test_windows_tile_time(partitions: Partitions) -> None:
    found = list(islice(reference.windows(partitions), 40))
    assert utc(found[0].start) >= utc(partitions.start)
    for one, following in pairwise(found):
        assert utc(one.start) < utc(one.end) == utc(following.start)
    assert len({one.key for one in found}) == len(found)


@settings(deadline=None, max_examples=60)
@given(some(), st.integers(0, 30))
def test_a_key_names_its_window(partitions: Partitions, number: int) -> None:
    *_, one = islice(reference.windows(partitions), number + 1)
    assert reference.of_key(partitions, one.key) == one


@settings(deadline=None, max_examples=60)
@given(some(), st.integers(0, 30), st.data())
def test_the_last_complete_window_is_that_before_the_one_in_progress(
    partitions: Partitions, number: int, data: st.DataObject
) -> None:
    *_, one, running = islice(reference.windows(partitions), number + 2)
    length = utc(running.end) - utc(running.start)
    into = data.draw(st.timedeltas(timedelta(0), length - timedelta(microseconds=1)))
    at = utc(running.start) + into
    assert reference.last_complete(partitions, at) == one
    assert reference.of_time(partitions, at) == running
    assert reference.last_complete(partitions, at.astimezone(ZoneInfo(partitions.timezone))) == one


@settings(deadline=None, max_examples=60)
@given(some())
def test_before_the_first_window_has_ended_none_is_complete(partitions: Partitions) -> None:
    first = next(reference.windows(partitions))
    assert reference.last_complete(partitions, utc(first.end) - timedelta(seconds=1)) is None
    assert reference.last_complete(partitions, utc(first.end)) == first


@settings(deadline=None, max_examples=60)
@given(some(), st.integers(0, 20), st.integers(0, 20))
def test_between_two_starts_are_the_windows_between_them(
    partitions: Partitions, first: int, more: int
) -> None:
    found = list(islice(reference.windows(partitions), first, first + more + 1))
    assert list(reference.between(partitions, utc(found[0].start), utc(found[-1].start))) == found


MADRID = ZoneInfo("Europe/Madrid")


def in_madrid(**fields: object) -> Partitions:
    start = datetime(2026, 1, 1, tzinfo=MADRID)
    return Partitions(**{"start": start, "timezone": "Europe/Madrid", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "at", "key", "start", "end"),
    [
        ({"by": "day"}, "2026-03-30T03:00+02:00", "2026-03-29", "+01:00", "+02:00"),
        ({"by": "day"}, "2026-10-26T03:00+01:00", "2026-10-25", "+02:00", "+01:00"),
        ({"by": "week"}, "2026-10-27T03:00+01:00", "2026-10-19", "+02:00", "+01:00"),
        ({"by": "month"}, "2026-04-01T00:00+02:00", "2026-03-01", "+01:00", "+02:00"),
        ({"by": "hour"}, "2026-10-25T02:30+01:00", "2026-10-25T02:00+0200", "+02:00", "+01:00"),
        ({"by": "hour"}, "2026-10-25T03:30+01:00", "2026-10-25T02:00+0100", "+01:00", "+01:00"),
        ({"by": "hour"}, "2026-03-29T03:30+02:00", "2026-03-29T01:00+0100", "+01:00", "+02:00"),
        ({"cron": "0 6 * * 1-5"}, "2026-03-30T07:00+02:00", "2026-03-27T06:00+0100", "+01:00", "+02:00"),  # noqa: E501
    ],
)  # fmt: skip
def test_when_clocks_change_in_madrid(
    kind: dict[str, str], at: str, key: str, start: str, end: str
) -> None:
    found = reference.last_complete(in_madrid(**kind), datetime.fromisoformat(at))
    assert found is not None and found.start is not None and found.end is not None
    assert found.key == key
    assert found.start.isoformat()[-6:] == start
    assert found.end.isoformat()[-6:] == end


def test_a_day_is_that_of_the_calendar() -> None:
    days = reference.windows(in_madrid(by="day", start=datetime(2026, 3, 28, 5, tzinfo=MADRID)))
    first = next(days)
    assert (first.key, first.date) == ("2026-03-29", datetime(2026, 3, 29).date())
    assert utc(first.end) - utc(first.start) == timedelta(hours=23)


@pytest.mark.parametrize(
    ("by", "end", "last"),
    [
        ("day", "2026-01-31T23:59:59+01:00", "2026-01-31"),  # a bare date
        ("day", "2026-01-31T00:00:00+01:00", "2026-01-30"),
        ("month", "2026-03-31T23:59:59+02:00", "2026-03-01"),
        ("month", "2026-03-30T23:59:59+02:00", "2026-02-01"),
        ("week", "2026-02-01T23:59:59+01:00", "2026-01-26"),
    ],
)
def test_the_last_window_is_a_whole_one(by: str, end: str, last: str) -> None:
    partitions = in_madrid(by=by, end=datetime.fromisoformat(end))
    *_, found = reference.windows(partitions)
    assert found.key == last
    assert reference.last_complete(partitions, datetime(2027, 1, 1, tzinfo=UTC)) == found


def test_static_keys_have_no_times() -> None:
    partitions = Partitions(keys=("eu", "us"))
    assert list(reference.windows(partitions)) == [Partition("eu"), Partition("us")]
    assert reference.last_complete(partitions, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert reference.of_key(partitions, "us") == Partition("us")
    assert reference.of_key(partitions, "apac") is None
    assert Partition("eu").fields() == {"key": "eu"}


@pytest.mark.parametrize(
    ("by", "key", "help"),
    [
        ("day", "yesterday", "a key looks like `2026-01-01`"),
        ("day", "2025-12-31", "the first one is `2026-01-01`"),
        ("day", "2026-07-01", "the last one is `2026-06-30`"),
        ("week", "2026-01-14", "did you mean `2026-01-12`?"),
        ("month", "2026-02-28", "did you mean `2026-02-01`?"),
        ("hour", "2026-01-14", "a key looks like `2026-01-01T00:00+0100`"),
        ("hour", "2026-01-14T12:30+0100", "did you mean `2026-01-14T12:00+0100`?"),
        ("hour", "2026-01-14T11:00+0000", "did you mean `2026-01-14T12:00+0100`?"),
    ],
)
def test_a_wrong_key_gets_help(by: str, key: str, help: str) -> None:
    partitions = in_madrid(by=by, end=datetime(2026, 6, 30, 23, 59, 59, tzinfo=MADRID))
    assert reference.of_key(partitions, key) is None
    assert reference.help_for(partitions, key) == help


@pytest.mark.parametrize(
    ("schedule", "key", "time"),
    [
        (Schedule(cron="0 3 * * *", timezone="Europe/Madrid"), "2026-03-28", "2026-03-29T01:00"),
        (Schedule(cron="0 3 * * 1", timezone="Europe/Madrid"), "2026-03-28", "2026-03-30T01:00"),
        (Schedule(cron="0 0 * * *", timezone="Europe/Madrid"), "2026-03-28", "2026-03-28T23:00"),
        (Schedule(), "2026-03-28", "2026-03-28T23:00"),
        (
            Schedule(every=timedelta(hours=5), start=datetime(2026, 6, 1, tzinfo=UTC)),
            "2026-03-28",
            "2026-03-29T01:00",
        ),
        (
            Schedule(cron="0 3 * * *", start=datetime(2026, 6, 1, tzinfo=UTC), enabled=False),
            "2026-03-28",
            "2026-03-29T03:00",
        ),
    ],
)
def test_the_time_of_a_backfill(schedule: Schedule, key: str, time: str) -> None:
    partition = reference.of_key(in_madrid(by="day"), key)
    assert partition is not None
    found = reference.nominal_time(schedule, partition)
    assert found == datetime.fromisoformat(time).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "schedule", "key"),
    [
        ({"by": "day"}, Schedule(cron="0 6 * * 1-5", timezone="Europe/Madrid"), "2026-01-02"),
        ({"by": "day"}, Schedule(cron="0 6 1-30 * *", timezone="Europe/Madrid"), "2026-01-30"),
        ({"by": "day"}, Schedule(cron="30 2 * * *", timezone="Europe/Madrid"), None),
        ({"by": "day"}, Schedule(cron="30 2 * * *", timezone="America/New_York"), None),
        ({"by": "hour"}, Schedule(cron="30 * * * *", timezone="Europe/Madrid"), None),
        ({"by": "hour"}, Schedule(cron="30 9-17 * * *"), "2026-01-01T00:00+0100"),
        ({"by": "week"}, Schedule(cron="0 6 * * 1-5", timezone="Europe/Madrid"), None),
        ({"by": "month"}, Schedule(cron="0 6 29 * *", timezone="Europe/Madrid"), "2026-01-01"),
        ({"cron": "0 6 * * 1-5"}, Schedule(cron="0 6 * * 1-5", timezone="Europe/Madrid"), None),
        ({"by": "day"}, Schedule(), None),
        ({"keys": ("eu",)}, Schedule(cron="0 6 1 1 *"), None),
    ],
)
def test_what_no_run_works_on(kind: dict[str, str], schedule: Schedule, key: str | None) -> None:
    found = reference.never_run(in_madrid(**kind), schedule)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("schedule", "start"),
    [
        (Schedule(cron="0 3 * * *", timezone="Europe/Madrid"), "2026-01-02T00:00+01:00"),
        (Schedule(cron="0 3 * * *", start=datetime(2026, 6, 1, tzinfo=UTC)), "2026-06-01T00:00Z"),
        (
            Schedule(every=timedelta(hours=5), start=datetime(2026, 1, 1, tzinfo=UTC)),
            "2026-01-02T01:00Z",
        ),
    ],
)
def test_the_first_start_is_when_there_is_something_to_do(schedule: Schedule, start: str) -> None:
    found = reference.first_start(in_madrid(by="day"), schedule)
    assert found == datetime.fromisoformat(start)
