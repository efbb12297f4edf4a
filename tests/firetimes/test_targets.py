"""What the generated schedules of each target do is what the document says, or it is told."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from dagglot import api, capabilities, seen
from dagglot.features import Feature
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job
from dagglot.plan_jobs import jobs
from dagglot.project import NO_PROJECT
from dagglot.semantics import firetimes
from dagglot.targets import registry
from dagglot.targets.base import Context, Support
from firetimes import generate

TARGETS = [(name, version) for name in registry.NAMES for version in registry.get(name).versions]


def pipeline(tmp_path: Path, schedule: str) -> Pipeline:
    file = tmp_path / "pipeline.yaml"
    text = f"dagglot: 1\npipeline: p\nschedule: {schedule}\ntasks: {{a: {{type: noop}}}}\n"
    file.write_text(text, encoding="utf-8")
    front = api.check([file])
    assert not front.diagnostics, front.diagnostics
    return front.pipelines[0]


def verdicts(one: Pipeline, name: str, version: str) -> dict[Feature, capabilities.Judgement]:
    judged = capabilities.judge(one, registry.get(name), version)
    return {judgement.use.feature: judgement for judgement in judged}


def random_schedule(rng: random.Random) -> str:
    if rng.random() < 0.7:
        line, zone = generate.canonical(rng), rng.choice(generate.ZONES)
        return f'{{cron: "{line}", timezone: {zone}, start: "2026-01-01"}}'
    every = rng.choice(
        ("5m", "7m", "40m", "45m", "90m", "2h", "5h", "14h", "36h", "1d", "2d", "84h")
    )
    start = f"2026-01-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
    return f'{{every: {every}, start: "{start}", timezone: {rng.choice(generate.ZONES)}}}'


@pytest.mark.parametrize("seed", range(80))
def test_it_fires_as_it_says_or_there_is_a_verdict(seed: int, tmp_path: Path) -> None:
    """Around each change of the clocks in two years, and at the end of February."""
    rng = random.Random(seed)  # noqa: S311 - a test
    one = pipeline(tmp_path, random_schedule(rng))
    schedule = one.schedule
    changes = firetimes.clock_changes(schedule.timezone, 2026, 2)
    days = [change.at - timedelta(hours=5) for change in changes]
    for name, version in TARGETS:
        found = verdicts(one, name, version)
        odd = {Feature.SCHEDULE_CLOCK_CHANGES} & set(found)
        if odd or any(one.verdict.support is Support.UNSUPPORTED for one in found.values()):
            continue
        target, context = registry.get(name), Context(version)
        for begin in (*days, datetime(2027, 2, 20, tzinfo=UTC)):
            said = islice(firetimes.fire_times(schedule, begin), 12)
            done = islice(target.fire_times(one, context, begin), 12)
            assert list(done) == list(said), (name, version, schedule, begin)


def test_the_warning_shows_the_first_times_that_differ(tmp_path: Path) -> None:
    one = pipeline(
        tmp_path, '{cron: "30 2 * * *", timezone: America/New_York, start: "2027-01-01"}'
    )
    assert verdicts(one, "airflow", "3.3") == {}
    note = verdicts(one, "prefect", "3.8")[Feature.SCHEDULE_CLOCK_CHANGES].verdict.note
    assert "at 2027-03-14T01:30-05:00 and not at 2027-03-14T03:30-04:00" in note
    assert note.count(" and not at ") == 3
    note = verdicts(one, "dagster", "1.13")[Feature.SCHEDULE_CLOCK_CHANGES].verdict.note
    assert "at 2027-03-14T03:00-04:00 and not at 2027-03-14T03:30-04:00" in note


@pytest.mark.parametrize(
    "schedule",
    [
        '{cron: "30 3 * * *", timezone: America/New_York}',
        '{cron: "30 2 * * *", timezone: Asia/Tokyo}',
        '{cron: "*/15 * * * *", timezone: Europe/Madrid}',
        # over before the clocks change
        '{cron: "30 2 * * *", timezone: Europe/Madrid, start: "2026-01-01", end: "2026-03-01"}',
        '{cron: "30 2 * * *", timezone: Europe/Madrid, enabled: false}',
        # the clocks of Madrid change on Sundays
        '{cron: "30 2 * * 1-5", timezone: Europe/Madrid}',
    ],
)
def test_most_schedules_are_the_same_everywhere(schedule: str, tmp_path: Path) -> None:
    one = pipeline(tmp_path, schedule)
    for name, version in TARGETS:
        assert Feature.SCHEDULE_CLOCK_CHANGES not in verdicts(one, name, version)


def test_airflow_goes_on_from_the_run_before(tmp_path: Path) -> None:
    """Not from when one looks, which may be before a change of the clocks that it counts over."""
    one = pipeline(tmp_path, '{cron: "35 * * 1 *", timezone: America/Havana}')
    looked = datetime(2026, 10, 1, tzinfo=UTC)
    found = registry.get("airflow").fire_times(one, Context("3.3"), looked)
    assert next(found).isoformat() == "2027-01-01T05:35:00+00:00"
    # a first run follows from the start
    one = pipeline(tmp_path, '{cron: "35 * * 1 *", timezone: America/Havana, start: "2026-10-01"}')
    found = registry.get("airflow").fire_times(one, Context("2.11"), looked)
    assert next(found).isoformat() == "2027-01-01T04:35:00+00:00"


def job(word: str) -> Job:
    (made,), found = jobs([word], None, NO_PROJECT)
    assert not found
    return made


def test_verify_compares_fire_times(tmp_path: Path) -> None:
    one = pipeline(tmp_path, '{cron: "0 3 * * *", timezone: UTC}')
    times = [f"2026-05-0{day}T03:00:00+00:00" for day in range(1, 6)]
    loaded = {"since": "2026-05-01T00:00:00+00:00", "until": None, "times": times}
    assert not list(compared(one, loaded))
    late = [*times[:4], "2026-05-05T04:00:00+00:00"]
    [(what, saw, said)] = compared(one, {**loaded, "times": late})
    assert (what, saw, said) == (seen.FIRE_TIMES, late, times)
    # a schedule that skips most of its ticks is asked for so many, and no more
    until = "2026-05-02T12:00:00+00:00"
    assert not list(compared(one, {**loaded, "until": until, "times": times[:2]}))


def compared(one: Pipeline, said: dict[str, object]) -> Iterator[seen.Difference]:
    return seen.fire_times(job("airflow"), one, {"fire_times": said})
