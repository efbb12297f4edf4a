"""What each target's model says is what that orchestrator's own classes compute.

``FIRETIMES=20000`` in the environment asks for more schedules than the slow ring has time for;
``FIRETIMES_SEED`` for others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dagglot.runtimes import environments, probe
from dagglot.semantics import firetimes
from dagglot.targets.airflow import firetimes as airflow
from dagglot.targets.dagster import firetimes as dagster
from dagglot.targets.prefect import firetimes as prefect
from firetimes import generate

COUNT = int(os.environ.get("FIRETIMES", "5000"))
SEED = int(os.environ.get("FIRETIMES_SEED", "1"))
SCRIPTS = Path(__file__).parent / "schedulers"
KNOWN = [
    ("30 2 * * *", "America/New_York", "2027-03-14T00:00:00+00:00", 2),
    ("30 1 * * *", "America/New_York", "2027-11-07T00:00:00+00:00", 2),
    ("0 * * * *", "America/New_York", "2027-11-07T05:00:00+00:00", 3),
    ("0 6 1,15,30 * *", "UTC", "2027-02-10T00:00:00+00:00", 3),
]
"""The days of the year that schedulers read differently."""

pytestmark = pytest.mark.orchestrator


def group(name: str) -> pytest.MarkDecorator:
    return pytest.mark.xdist_group(name)


def ask(target: str, version: str, script: str, schedules: Sequence[Any]) -> dict[str, Any]:
    runtime = environments.resolve(target, version)
    assert runtime is not None
    python = environments.ensure(runtime)
    return probe.run(python, SCRIPTS / script, {"schedules": schedules}, timeout=3600)


def schedules(zones: tuple[str, ...]) -> list[tuple[str, str, str, int]]:
    rng = random.Random(SEED)  # noqa: S311 - a test
    return [*KNOWN, *(generate.schedule(rng, zones) for _ in range(COUNT))]


def shown(found: Iterator[datetime], count: int) -> list[str]:
    return [at.isoformat() for at in islice(found, count)]


@pytest.mark.parametrize(
    "version", [pytest.param(one, marks=group("airflow")) for one in ("3.3", "2.11")]
)
def test_airflow(version: str) -> None:
    asked = schedules((*generate.ZONES, *generate.ODD_ZONES))
    answer = ask("airflow", version, "airflow_timetables.py", asked)
    for one, real in zip(asked, answer["times"], strict=True):
        line, zone, since, count = one
        parsed = firetimes.parsed(line)
        found = airflow.of_cron(parsed, ZoneInfo(zone), datetime.fromisoformat(since))
        assert shown(found, count) == real, one
    assert answer["times"][:2] == [
        ["2027-03-14T07:30:00+00:00", "2027-03-15T06:30:00+00:00"],
        ["2027-11-07T06:30:00+00:00", "2027-11-08T06:30:00+00:00"],
    ]


@group("prefect")
def test_prefect() -> None:
    asked = schedules((*generate.ZONES, *generate.ODD_ZONES))
    answer = ask("prefect", "3.8", "prefect_dates.py", asked)
    for one, dates in zip(asked, answer["times"], strict=True):
        line, zone, since, count = one
        begin = datetime.fromisoformat(since)
        # around a change of the clocks it also names times before the one that it is asked for
        real = [at for at in dates if datetime.fromisoformat(at) >= begin]
        found = prefect.of_cron(firetimes.parsed(line), ZoneInfo(zone), begin)
        assert shown(found, len(real)) == real, one
        assert len(real) in range(count + 1)
    first, second, third, fourth = answer["times"][: len(KNOWN)]
    assert first[0] == "2027-03-14T06:30:00+00:00"
    assert second[0] == "2027-11-07T05:30:00+00:00"
    assert third[:2] == ["2027-11-07T05:00:00+00:00", "2027-11-07T07:00:00+00:00"]
    # it goes from February on to the 30th of a month of 28 days, and past the first of March
    assert fourth[:2] == ["2027-02-15T06:00:00+00:00", "2027-03-15T06:00:00+00:00"]


@group("dagster")
def test_dagster() -> None:
    asked = schedules(generate.ZONES)  # in the odd ones it differs by where its daemon began
    answer = ask("dagster", "1.13", "dagster_ticks.py", asked)
    now = datetime.fromisoformat(answer["now"]).astimezone(UTC)
    failed = 0
    for one, real in zip(asked, answer["times"], strict=True):
        line, zone, since, count = one
        begin = datetime.fromisoformat(since)
        if real is None:  # an assertion of its own: only near a change of the clocks
            failed += 1
            offsets = {
                (begin + timedelta(days=days)).astimezone(ZoneInfo(zone)).utcoffset()
                for days in (-1, 0, 1, 40)
            }
            assert len(offsets) > 1, one
            continue
        parsed = firetimes.parsed(line)
        assert shown(dagster.of_cron(parsed, ZoneInfo(zone), begin, now), count) == real, one
    assert failed <= len(asked) / 200
    first, second, third, _ = answer["times"][: len(KNOWN)]
    assert first[0] == "2027-03-14T07:00:00+00:00"
    assert second[0] == "2027-11-07T06:30:00+00:00"
    assert third[1] == "2027-11-07T06:00:00+00:00"
