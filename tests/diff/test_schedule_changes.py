"""`dagglot diff`: what becomes of the runs where keys of a schedule, or of partitions, change.

One edit is told once, of one key, and by the whole schedules: with `start`, `end` and `enabled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dagglot import api
from dagglot.diagnostics import render
from dagglot.diff.judge import judge
from dagglot.diff.show import moment
from dagglot.ir.model import Pipeline
from dagglot.reports import diff as reports

SINCE = datetime(2026, 11, 26, tzinfo=UTC)
TASKS = "tasks:\n  load: {type: python, call: 'etl:load'}\n"
AT_3 = "cron: '0 3 * * *', timezone: UTC"
AT_4 = "cron: '0 4 * * *', timezone: UTC"
EVERY = "every: 15m, timezone: UTC"
OFF = ", enabled: false"
START, LATER = ", start: '2026-01-01'", ", start: '2027-06-01'"
ENDED = ", end: '2026-11-20'"
GONE = "7 runs → 0 runs in the first week; gone 2026-11-26 03:00+00:00, gone 2026-11-27 03:00"
NEW = "0 runs → 7 runs in the first week; new 2026-11-26 03:00+00:00, new 2026-11-27 03:00"


def parsed(folder: Path, name: str, keys: Mapping[str, str]) -> tuple[Pipeline, ...]:
    written = "".join(f"{key}: {{{value}}}\n" for key, value in keys.items() if value)
    file = folder / f"{name}.yaml"
    file.write_text(f"dagglot: 1\npipeline: orders\n{written}{TASKS}", encoding="utf-8")
    front = api.check([file])
    errors = [one for one in front.diagnostics if one.is_error]
    assert not errors, render.text(errors, front.sources)
    return front.pipelines


def diffed(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    old, new = parsed(folder, "before", before), parsed(folder, "after", after)
    (found,) = reports.as_data(judge(old, new, SINCE), "before")["pipelines"]
    return dict(found)


def told(found: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {one["path"]: (one["code"], one["risk"], one["consequence"]) for one in found["changes"]}


def of_schedule(folder: Path, before: str, after: str) -> dict[str, tuple[str, str, str]]:
    """What is said of the keys of a schedule."""
    found = told(diffed(folder, {"schedule": before}, {"schedule": after}))
    return {path.removeprefix("schedule."): said for path, said in found.items()}


def is_told_of(key: str, *keys: str) -> dict[str, tuple[str, str]]:
    words = f"what becomes of its runs is told of `schedule.{key}`"
    return dict.fromkeys(keys, ("cosmetic", words))


# --- fire times ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "first"),
    [("", "2026-11-26"), (LATER, "2027-06-01"), (", start: '9999-06-01'", "9999")],
)
def test_other_instants_are_those_from_the_start_on(
    tmp_path: Path, window: str, first: str
) -> None:
    (code, risk, words) = of_schedule(tmp_path, AT_3 + window, AT_4 + window)["cron"]
    assert (code, risk) == ("DG610", "breaking")
    assert words.startswith(f"fires at other instants: gone {first}")


@pytest.mark.parametrize("window", ["", LATER, START])
@pytest.mark.parametrize("other", ["", LATER, START])
def test_the_sentence_and_the_table_say_the_same(tmp_path: Path, window: str, other: str) -> None:
    found = diffed(
        tmp_path,
        {"schedule": AT_3 + window},
        {"schedule": "cron: '20 8-15 * * 1-5', timezone: UTC" + other},
    )
    (said,) = (one for one in found["changes"] if one["path"] == "schedule.cron")
    runs = found["first_runs"]
    first = said["fire_times"][0]
    assert first["time"] == min(*runs["before"], *runs["after"])
    weekly = f"{runs['weekly_before']} runs → {runs['weekly_after']} runs in the first week"
    assert weekly in said["consequence"]
    if not runs["weekly_after"]:
        following = datetime.fromisoformat(runs["after"][0])
        assert said["consequence"].endswith(f"; the next is {moment(following)}")


def test_what_ended_fires_no_more_on_either_side(tmp_path: Path) -> None:
    assert of_schedule(tmp_path, AT_3 + ENDED, AT_4 + ENDED)["cron"] == (
        "DG610",
        "safe",
        "fires no more from 2026-11-26 on, nor did it before",
    )


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        ("'*/5 * * * *', timezone: UTC", "'*/5 * * 1-6,8-12 *', timezone: UTC", "07-01 00:00"),
        (
            "'*/5 8-22 * * *', timezone: Europe/Madrid",
            "'*/5 8-22 * * *', timezone: Africa/Lagos",
            "03-28 07:00",
        ),
    ],
)
def test_where_frequent_runs_part_late(tmp_path: Path, before: str, after: str, first: str) -> None:
    found = diffed(tmp_path, {"schedule": f"cron: {before}"}, {"schedule": f"cron: {after}"})
    assert f" 2027-{first}+" in found["changes"][0]["consequence"]
    assert found["first_runs"]["same"] > 20_000


# --- start and end ------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [AT_3, "every: 1d, timezone: UTC"])
def test_a_later_start_stops_runs(tmp_path: Path, by: str) -> None:
    code, risk, words = of_schedule(tmp_path, by + START, by + LATER)["start"]
    assert (code, risk) == ("DG613", "breaking")
    assert words.startswith("does not fire before 2027-06-01 00:00+00:00: 7 runs → 0 runs")


@pytest.mark.parametrize("by", [AT_3, "every: 1d, timezone: UTC"])
def test_an_earlier_start_starts_runs(tmp_path: Path, by: str) -> None:
    code, risk, words = of_schedule(tmp_path, by + LATER, by + START)["start"]
    assert (code, risk) == ("DG612", "review")
    assert words.startswith("fires earlier: 0 runs → 7 runs in the first week; new 2026-11-26")
    assert words.endswith("; nothing of the past is run, for there is no `catchup`")


def test_a_start_of_the_past_stops_nothing(tmp_path: Path) -> None:
    for by in (AT_3, EVERY):
        found = of_schedule(tmp_path, by + START, by + ", start: '2026-03-01'")
        words = "what lies before is not run, nor backfilled, any more"
        assert found == {"start": ("DG613", "review", words)}


def test_a_start_that_all_is_counted_from(tmp_path: Path) -> None:
    found = of_schedule(tmp_path, EVERY + START, EVERY + ", start: '2026-01-01T00:07'")
    code, risk, words = found["start"]
    assert (code, risk) == ("DG610", "breaking")
    assert words.startswith("fires at other instants: gone 2026-11-26 00:00")


def test_an_end_in_the_past(tmp_path: Path) -> None:
    words = "does not run any more, for it ended at 2026-11-20 23:59:59+00:00: " + GONE
    code, risk, said = of_schedule(tmp_path, AT_3, AT_3 + ENDED)["end"]
    assert (code, risk) == ("DG613", "breaking")
    assert said.startswith(words)
    code, risk, said = of_schedule(tmp_path, AT_3 + ENDED, AT_3)["end"]
    assert (code, risk) == ("DG613", "review")
    assert said.startswith("runs again after what was its end: " + NEW)


def test_an_end_that_is_to_come(tmp_path: Path) -> None:
    found = of_schedule(tmp_path, AT_3, AT_3 + ", end: '2026-12-20'")
    assert found == {"end": ("DG613", "review", "ends at 2026-12-20 23:59:59+00:00")}


def test_an_end_is_not_said_of_the_start(tmp_path: Path) -> None:
    found = of_schedule(tmp_path, AT_3 + START, f"{AT_3}, start: '2026-03-01'{ENDED}")
    assert {key: said[1] for key, said in found.items()} == {"start": "review", "end": "breaking"}
    found = of_schedule(tmp_path, AT_3 + START + ENDED, f"{AT_3}, start: '2026-12-01'")
    assert {key: said[1] for key, said in found.items()} == {"start": "review", "end": "review"}


# --- zones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "risk"),
    [
        ("Europe/London", "GB", "safe"),
        ("Europe/Madrid", "Europe/Berlin", "safe"),
        ("Europe/Berlin", "Africa/Lagos", "breaking"),  # the same in winter
    ],
)
def test_two_zones_of_one_clock(tmp_path: Path, old: str, new: str, risk: str) -> None:
    by = "cron: '0 3 * * *', timezone: {}"
    assert of_schedule(tmp_path, by.format(old), by.format(new))["timezone"][1] == risk
    cut = {"partitions": "by: day, start: '2025-01-01', timezone: {}"}
    before, after = ({key: text.format(zone) for key, text in cut.items()} for zone in (old, new))
    assert told(diffed(tmp_path, before, after))["partitions.timezone"][1] == risk


def test_a_clock_that_counts_nothing(tmp_path: Path) -> None:
    start = ", start: '2026-01-01T00:00+00:00'"
    found = of_schedule(tmp_path, EVERY + start, f"every: 15m, timezone: Asia/Tokyo{start}")
    words = "fires at the same instants; `run.date` may be another day"
    assert found == {"timezone": ("DG611", "review", words)}


@pytest.mark.parametrize(
    ("by", "keys"), [("day", "the same keys are other slices"), ("hour", "other keys")]
)
def test_partitions_by_another_clock(tmp_path: Path, by: str, keys: str) -> None:
    cut = f"by: {by}, start: '2026-01-01', timezone: "
    before, after = ({"partitions": cut + zone} for zone in ("Europe/Madrid", "Asia/Tokyo"))
    found = told(diffed(tmp_path, before, after))
    words = f"partitions begin and end by another clock: {keys}"
    assert found["partitions.timezone"] == ("DG611", "breaking", words)
    assert found["partitions.start"][1] == "cosmetic"


# --- partitions ---------------------------------------------------------------------------------


def test_smaller_slices_are_missing_all(tmp_path: Path) -> None:
    cut = "timezone: UTC, start: '2026-01-01'"
    found = told(
        diffed(
            tmp_path,
            {"schedule": AT_3, "partitions": f"by: month, {cut}"},
            {"schedule": AT_3, "partitions": f"by: day, {cut}"},
        )
    )
    assert found["partitions.by"][2].endswith("; 329 partitions are missing until backfilled")
    assert found["schedule.start"][1:] == ("cosmetic", "follows from the partitions")


def test_one_start_of_schedule_and_partitions(tmp_path: Path) -> None:
    for by, key in ((AT_3, "cron"), ("every: 1d, timezone: UTC", "every")):
        before, after = (
            {"schedule": f"{by}, start: '{day}'", "partitions": "by: day"}
            for day in ("2025-01-01", "2024-01-02")
        )
        found = told(diffed(tmp_path, before, after))
        words = "365 earlier partitions are missing until backfilled"
        assert found["partitions.start"] == ("DG612", "breaking", words), key
        assert found["schedule.start"][1:] == ("cosmetic", "follows from the partitions"), key


def test_partitions_that_are_caught_up_with(tmp_path: Path) -> None:
    before, after = (
        {"schedule": f"{AT_3}, catchup: true, start: '{day}'", "partitions": "by: day"}
        for day in ("2025-01-01", "2024-01-02")
    )
    found = told(diffed(tmp_path, before, after))
    assert found["schedule.start"] == ("DG612", "breaking", "catches up with 365 intervals")
    assert found["partitions.start"][1] == "cosmetic"


def test_partitions_that_are_still_to_come(tmp_path: Path) -> None:
    before, after = (
        {"partitions": f"by: day, timezone: UTC, start: '{day}'"}
        for day in ("2027-06-01", "2027-01-01")
    )
    found = told(diffed(tmp_path, before, after))
    assert found["partitions.start"][:2] == ("DG612", "review")


# --- on and off ---------------------------------------------------------------------------------


def test_a_switch_without_a_schedule(tmp_path: Path) -> None:
    words = "there is no schedule to switch on or off"
    for before, after in (("false", "true"), ("true", "false")):
        found = of_schedule(tmp_path, f"enabled: {before}", f"enabled: {after}")
        assert found["enabled"][1:] == ("cosmetic", words)


@pytest.mark.parametrize(
    ("before", "after", "lead", "others"),
    [
        (AT_3, AT_4 + OFF, ("enabled", "DG615"), ("cron",)),
        (AT_3 + OFF, AT_4, ("enabled", "DG616"), ("cron",)),
        (AT_3 + START, "", ("cron", "DG615"), ("start",)),
        (AT_3 + START + ", catchup: true", "", ("cron", "DG615"), ("start", "catchup")),
        ("", AT_3 + START + ", catchup: true", ("cron", "DG616"), ("start", "catchup")),
        (AT_3, AT_4 + ENDED, ("end", "DG613"), ("cron",)),
    ],
)
def test_one_edit_is_told_once(
    tmp_path: Path, before: str, after: str, lead: tuple[str, str], others: tuple[str, ...]
) -> None:
    found = of_schedule(tmp_path, before, after)
    key, code = lead
    assert found.pop(key)[0] == code
    assert {one: said[1:] for one, said in found.items()} == is_told_of(key, *others)
    assert code not in {said[0] for said in found.values()}


def test_a_line_that_is_never_read(tmp_path: Path) -> None:
    found = of_schedule(tmp_path, AT_3 + OFF, AT_4 + OFF)
    assert found == {"cron": ("DG610", "cosmetic", "nothing starts by this schedule")}


@pytest.mark.parametrize(
    ("before", "after", "came", "went"),
    [
        (AT_3 + START, EVERY + START, "every", "cron"),
        (EVERY + START, AT_3 + START, "cron", "every"),
    ],
)
def test_a_line_in_the_place_of_a_duration(
    tmp_path: Path, before: str, after: str, came: str, went: str
) -> None:
    found = of_schedule(tmp_path, before, after)
    assert found[came][:2] == ("DG610", "breaking")
    assert found[went] == ("DG610", "cosmetic", f"`{came}` is in its place")


def test_what_a_duration_needs_comes_with_it(tmp_path: Path) -> None:
    found = of_schedule(tmp_path, AT_3, EVERY + START)
    assert {key: said[1] for key, said in found.items()} == {
        "every": "breaking",
        "cron": "cosmetic",
        "start": "cosmetic",
    }


def test_another_line_by_another_clock(tmp_path: Path) -> None:
    found = of_schedule(tmp_path, AT_3 + START, f"cron: '0 4 * * *', timezone: Asia/Tokyo{START}")
    assert {key: said[1] for key, said in found.items()} == {
        "cron": "breaking",
        "timezone": "review",
        "start": "cosmetic",
    }
