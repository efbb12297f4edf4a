"""`dagglot next-runs`: the times of a schedule, and what each target makes of them."""

from __future__ import annotations

import json
import re

import pytest

from dagglot.targets import registry
from front_tools import Space

REAL = registry.get

NIGHTLY = """\
dagglot: 1
pipeline: nightly
schedule: {cron: "30 2 * * *", timezone: America/New_York}
tasks: {a: {type: noop}}
"""
OTHERS = """\
dagglot: 1
pipeline: by_hand
tasks: {a: {type: noop}}
---
dagglot: 1
pipeline: catches_up
schedule: {every: 2d, start: "2026-01-01T06:00", end: "2026-01-05T06:00", catchup: true}
tasks: {a: {type: noop}}
---
dagglot: 1
pipeline: rests
schedule: {every: 90m, start: "2026-01-01", enabled: false}
tasks: {a: {type: noop}}
"""


@pytest.fixture
def here(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(registry, "get", REAL)
    space.write("nightly.yaml", NIGHTLY)
    space.write("others.yaml", OTHERS)
    return space


def test_the_day_on_which_the_clocks_go_forward(here: Space) -> None:
    ran = here.run("next-runs", "nightly.yaml", "--from", "2027-03-13", "-n", "3")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "nightly: 30 2 * * * in America/New_York\n"
        "  America/New_York             UTC          airflow@3.3  prefect@3.8  dagster@1.13\n"
        "  Sat 2027-03-13 02:30 -05:00  03-13 07:30  yes          yes          yes\n"
        "  Sun 2027-03-14 01:30 -05:00  03-14 06:30               extra\n"
        "  Sun 2027-03-14 03:00 -04:00  03-14 07:00                            extra\n"
        "  Sun 2027-03-14 03:30 -04:00  03-14 07:30  yes          missing      missing\n"
        "  Mon 2027-03-15 02:30 -04:00  03-15 06:30  yes          yes          yes\n"
        "  3 times differ from what the schedule says\n"
    )


def test_what_has_no_times(here: Space) -> None:
    ran = here.run("next-runs", "others.yaml", "--from", "2026-01-01", "-t", "airflow")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "by_hand: runs by hand or by another pipeline\n"
        "\n"
        "catches_up: every 2d, from 2026-01-01T06:00+00:00, to 2026-01-05T06:00+00:00\n"
        "  UTC                          airflow@3.3\n"
        "  Thu 2026-01-01 06:00 +00:00  yes\n"
        "  Sat 2026-01-03 06:00 +00:00  yes\n"
        "  Mon 2026-01-05 06:00 +00:00  yes\n"
        "\n"
        "rests: switched off (every 1h30m, from 2026-01-01T00:00+00:00)\n"
    )


def test_a_target_that_refuses_a_schedule_ends_with_4(here: Space) -> None:
    ran = here.run(
        "next-runs",
        "others.yaml",
        "--pipeline",
        "catches_up",
        "-t",
        "dagster",
        "--from",
        "2026-01-03",
    )
    assert (ran.code, ran.err) == (4, "")
    lines = ran.out.splitlines()
    assert lines[2] == "  Sat 2026-01-03 06:00 +00:00  refused"
    assert lines[-1].startswith("  dagster@1.13 refuses `schedule-catchup`: ")


def test_for_programs(here: Space) -> None:
    ran = here.run(
        *("next-runs", "nightly.yaml", "-t", "prefect", "-n", "2", "--format", "json"),
        *("--from", "2027-11-06T12:00"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == {
        "dagglot_next_runs": 1,
        "pipelines": [
            {
                "pipeline": "nightly",
                "timezone": "America/New_York",
                "from": "2027-11-06T12:00:00-04:00",
                "runs": [
                    {"time": "2027-11-07T02:30:00-05:00", "partition": None},
                    {"time": "2027-11-08T02:30:00-05:00", "partition": None},
                ],
                "targets": {"prefect@3.8": {"refused": None, "missing": [], "extra": []}},
            }
        ],
    }


def test_from_now_on(here: Space) -> None:
    ran = here.run("next-runs", "nightly.yaml", "-n", "1")
    assert ran.code == 0
    assert " 02:30 -0" in ran.out or "differ" in ran.out


def test_what_is_no_time_is_wrong_usage(here: Space) -> None:
    ran = here.run("next-runs", "nightly.yaml", "--from", "tomorrow")
    assert ran.code == 2
    assert ran.err == (
        "`--from tomorrow` is neither a day nor a time: write it as 2026-10-24T03:00\n"
    )


PARTITIONED = """\
dagglot: 1
pipeline: by_hour
schedule: {cron: "30 * * * *", timezone: Europe/Madrid, start: "2026-10-25"}
partitions: {by: hour}
tasks: {a: {type: noop}}
---
dagglot: 1
pipeline: by_key
schedule: {cron: "0 3 * * *", timezone: Europe/Madrid}
partitions: {keys: [eu, us]}
tasks: {a: {type: noop}}
"""


def test_which_partition_each_time_works_on(here: Space) -> None:
    """From the first that is complete; an hour that is there twice has two."""
    here.write("parts.yaml", PARTITIONED)
    ran = here.run("next-runs", "parts.yaml", "--from", "2026-10-25", "-n", "4", "-t", "airflow")
    lines = [re.split(" {2,}", line) for line in ran.out.splitlines()]
    assert [line[3] for line in lines if len(line) > 4] == [
        "partition",
        "2026-10-25T00:00+0200",
        "2026-10-25T01:00+0200",
        "2026-10-25T02:00+0200",
        "2026-10-25T02:00+0100",
        "partition",
        *4 * ["eu, us"],
    ]
    ran = here.run("next-runs", "parts.yaml", "--from", "2026-10-25T03:00", "-n", "1",
                   "-t", "airflow", "--format", "json")  # fmt: skip
    hours, keys = (one["runs"] for one in json.loads(ran.out)["pipelines"])
    assert [run["partition"] for run in hours] == ["2026-10-25T02:00+0100"]
    assert [run["partition"] for run in keys] == ["eu", "us"]
