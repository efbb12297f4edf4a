"""Real runs on partitions: for the same time, or of the same name, each target gives the values of
the reference, also where clocks change."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from case_folders import CASES, TARGETS
from dagglot import api
from dagglot.ir.model import Partitions, Pipeline
from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.semantics.firetimes import clock_changes
from dagglot.semantics.partitions import Partition, last_complete, of_key
from dagglot.targets.airflow.partitions import declared
from orchestrators import engines
from orchestrators.engines import SOURCES, Answers, Run

sys.path.insert(0, str(SOURCES))
from behaviour.bodies import echo

pytestmark = pytest.mark.orchestrator
GROUPS = [
    pytest.param(target, marks=pytest.mark.xdist_group(f"partitions-{target}"))
    for target in TARGETS
]
FOLDERS = ("partitions", "partitions_of_keys")

TIMES = {
    "by_day": (
        "2026-01-02T03:00+01:00",  # the first
        "2026-01-02T00:00+01:00",  # to the instant at which it ends
        "2026-03-30T03:00+02:00",  # 23 hours
        "2026-10-26T03:00+01:00",  # 25 hours
        "2026-10-25T22:59:59+00:00",
    ),
    "by_hour": (
        "2026-03-29T03:10+02:00",
        "2026-10-25T02:10+02:00",
        "2026-10-25T02:10+01:00",  # an hour later
        "2026-10-25T03:10+01:00",
        "2026-12-24T12:10+01:00",  # after the last has ended
    ),
    "by_week": (
        "2026-03-09T09:00+00:00",  # clocks change in New York, and not yet in Europe
        "2026-11-02T04:59+00:00",
        "2026-11-02T05:00+00:00",
    ),
    "by_month": ("2026-02-05T05:00+00:00", "2026-04-02T05:00+00:00", "2026-03-31T22:00+00:00"),
    "by_tick": (
        "2026-03-30T02:30+02:00",
        "2026-10-26T02:30+01:00",
        "2026-10-26T02:29+01:00",
        "2026-01-05T02:30+01:00",
    ),
    "by_quarter": (
        "2026-03-29T03:00+02:00",
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T02:20+01:00",
    ),
}
"""The nominal times of runs that name no partition."""

KEYS = {
    "by_day": ("2026-03-29", "2026-02-28"),
    "by_hour": ("2026-10-25T02:00+0200", "2026-10-25T02:00+0100", "2026-03-29T03:00+0200"),
    "by_week": ("2026-10-26",),
    "by_month": ("2026-10-01",),
    "by_tick": ("2026-03-27T02:30+0100",),
    "by_quarter": ("2026-10-25T02:45+0200", "2026-10-25T02:00+0100"),
}
"""Those that runs name."""

REFUSED = (
    Run("by_day", key="before the first", time="2026-01-02T00:30+01:00", partition="2025-12-31"),
    Run("by_day", key="no day", time="2026-01-02T00:31+01:00", partition="tomorrow"),
    Run("by_week", key="no Monday", partition="2026-10-27"),
    Run("by_hour", key="after the last", partition="2026-11-01T00:00+0100"),
    Run("by_hour", key="missing hour", partition="2026-03-29T02:00+0100"),
    Run("by_tick", key="no tick", partition="2026-03-28T02:30+0100"),
    Run("by_region", (("size", 1),), key="no key"),
    Run("by_region", (("size", 1),), key="unknown key", partition="antarctica"),
)


def pipelines() -> dict[str, Pipeline]:
    front = api.check([CASES / folder / "pipeline.yaml" for folder in FOLDERS])
    return {pipeline.id: pipeline for pipeline in front.pipelines}


def runs() -> list[Run]:
    found = [
        Run(id, key=f"{id} at {time}", time=time) for id, times in TIMES.items() for time in times
    ]
    found += [
        Run(id, key=f"{id} of {key}", time=f"2027-02-03T0{number}:00+00:00", partition=key)
        for id, keys in KEYS.items()
        for number, key in enumerate(keys)
    ]
    starter = "by_region.schedule"
    return [
        *found,
        *REFUSED,
        Run("by_region", (("size", 2),), "eu by hand", "2026-10-26T02:00+00:00", partition="eu"),
        Run("by_region", key="tick", time="2026-10-25T02:00+00:00", starter=starter),
        # what it starts is run behind what the tick has started
        Run("starts_by_day", time="2026-03-30T04:00+02:00"),
        Run("starts_a_region"),
    ]


@cache
def answers(target: str) -> Answers:
    folder = Path(tempfile.mkdtemp(prefix="dagglot-partitions-"))
    sources = [([CASES / name / "pipeline.yaml"], NO_PROJECT) for name in FOLDERS]
    built = engines.build(target, sources, folder / "out")
    assert {pipeline.id for pipeline in built.pipelines} == set(pipelines())
    if not target.startswith("airflow"):  # there is nothing beside the pipeline itself
        asked = [run for run in runs() if not run.starter]
        # a process for each step of Dagster's takes minutes
        return engines.run_in(built, asked, folder, options={"in_process": True})
    return engines.run_in(built, runs(), folder)


def output(target: str, key: str, task: str = "told") -> Any:
    (found,) = (one for one in answers(target).traces[key]["tasks"] if one["id"] == task)
    assert found["state"] == "success", (key, found)
    return found["output"]


def shown(partition: Partition | None) -> Any:
    assert partition is not None
    return echo(**partition.fields())


def lines(target: str, where: str) -> list[Any]:
    return [json.loads(line) for line in (answers(target).scratch / where).open()]


@pytest.mark.parametrize("target", GROUPS)
def test_a_run_works_on_the_last_that_is_complete(target: str) -> None:
    for id, times in TIMES.items():
        partitions = pipelines()[id].partitions
        assert partitions is not None
        for time in times:
            expected = last_complete(partitions, datetime.fromisoformat(time))
            assert output(target, f"{id} at {time}") == shown(expected), (id, time)


@pytest.mark.parametrize("target", GROUPS)
def test_a_run_works_on_the_one_that_it_names(target: str) -> None:
    for id, keys in KEYS.items():
        partitions = pipelines()[id].partitions
        assert partitions is not None
        for key in keys:
            assert output(target, f"{id} of {key}") == shown(of_key(partitions, key)), (id, key)


@pytest.mark.parametrize("target", GROUPS)
def test_values_are_the_same_in_every_place(target: str) -> None:
    key = "by_day of 2026-03-29"  # a Sunday
    tasks = {(task["id"], task["index"]): task for task in answers(target).traces[key]["tasks"]}
    span = "2026-03-29T00:00:00+01:00/2026-03-30T00:00:00+02:00"
    assert tasks["script", None]["output"] == f"2026-03-29 2026-03-29 00:00 {span}"
    assert tasks["weekday", None]["output"] is False
    assert tasks["first", None]["state"] == "skipped"
    one = datetime.fromisoformat("2026-03-29T01:00:00+01:00")
    for index, item in enumerate((1, 2)):
        expected = echo(hour=one, item=item, all={"rows": 10})
        assert tasks["each", index]["output"] == expected
    for index, item in enumerate(("eu", "us")):
        assert tasks["region.load", index]["output"] == echo(key=f"2026-03-29-{item}")


@pytest.mark.parametrize("target", GROUPS)
def test_no_task_of_a_run_on_no_partition_is_done(target: str) -> None:
    for run in REFUSED:
        found = answers(target).traces[run.key]
        assert found["run"] == "failed", run
        assert "success" not in {
            task["state"] for task in found["tasks"] if task["id"] in ("told", "script")
        }, run


@pytest.mark.parametrize("target", GROUPS)
def test_a_run_of_a_static_key(target: str) -> None:
    time = datetime.fromisoformat("2026-10-26T03:00+01:00")
    assert output(target, "eu by hand") == echo(key="eu", time=time, size=2, note="by hand")
    tasks = {task["id"]: task for task in answers(target).traces["eu by hand"]["tasks"]}
    assert tasks["script"]["output"] == "eu"
    assert tasks["only_there"]["state"] == "success"


@pytest.mark.parametrize("target", GROUPS)
def test_a_pipeline_starts_another_for_a_partition(target: str) -> None:
    assert answers(target).traces["starts_by_day"]["run"] == "success"
    days = [line["key"][1] for line in lines(target, "days")]
    assert days[-2:] == ["'2026-03-29'", "'2026-03-28'"]
    assert answers(target).traces["starts_a_region"]["run"] == "success"
    assert lines(target, "regions")[-1]["key"] == ["str", "'eu'"]
    assert lines(target, "braces") == [echo(key="{{ braces")]


@pytest.mark.parametrize("target", [one for one in GROUPS if "airflow" in str(one.values[0])])
def test_a_tick_starts_a_run_for_each_key(target: str) -> None:
    """At the same nominal time, with the params of the schedule."""
    assert answers(target).traces["tick"]["run"] == "success"
    time = datetime.fromisoformat("2026-10-25T03:00+01:00")
    ticked = [line for line in lines(target, "regions") if line["size"] == ["int", "3"]]
    expected = [
        echo(key=key, time=time, size=3, note="{{ ds }}") for key in ("eu", "us", "ap-south")
    ]
    assert sorted(ticked, key=str) == sorted(expected, key=str)


# --- the helpers themselves, over many times ------------------------------------------------------

ZONES = (
    *("UTC", "Europe/Madrid", "America/New_York", "America/Havana", "Asia/Beirut"),
    *("America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata"),
)
LINES = (
    *("30 2 * * *", "0 2,3 * * 1-5", "15,45 1-3 * * *", "0 */6 * * *", "*/20 * * * *"),
    *("0 0 1,15 * *", "0 6 1 * 1"),
)
KINDS: tuple[dict[str, Any], ...] = (
    *({"by": by} for by in ("hour", "day", "week", "month")),
    *({"cron": line} for line in LINES),
)


def near_changes(random: Random, zone: str) -> list[datetime]:
    """Instants of some years, most of them where clocks change."""
    some = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=random.randrange(9000))]
    for change in clock_changes(zone, 2026, 1) if zone != "UTC" else ():
        some += [change.at + timedelta(minutes=random.randrange(-2000, 4000)) for _ in range(3)]
        some += [change.at + timedelta(hours=hours) for hours in (-1, 0, 1)]
    return some


def questions() -> Iterator[tuple[Partitions, list[tuple[datetime, str | None]]]]:
    random = Random(5)  # noqa: S311
    for zone in ZONES:
        for kind in KINDS:
            start = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))
            ends = (None, None, datetime(2027, 6, 30, 23, 59, 59, tzinfo=ZoneInfo(zone)))
            one = Partitions(**kind, start=start, end=random.choice(ends), timezone=zone)
            times = near_changes(random, zone)
            runs: list[tuple[datetime, str | None]] = [(at, None) for at in times]
            for at in times:
                last = last_complete(one, at)
                wrong = at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M%z")
                runs += [(at, last.key if last else "2025-12-31"), (at, wrong), (at, wrong[:10])]
            yield one, runs


@pytest.mark.parametrize("target", [one for one in GROUPS if "airflow" in str(one.values[0])])
def test_the_helpers_agree_with_the_reference(target: str, tmp_path: Path) -> None:
    sources = [([CASES / "partitions" / "pipeline.yaml"], NO_PROJECT)]
    built = engines.build(target, sources, tmp_path / "out")
    asked, expected = [], []
    for one, runs in questions():
        made = declared(one)
        named = [(at, key, of_key(one, key) if key else last_complete(one, at)) for at, key in runs]
        asked.append(
            {
                "class": made.function,
                "args": made.args,
                "kwargs": dict(made.kwargs),
                "runs": [{"time": at.isoformat(), "key": key} for at, key, _ in named],
            }
        )
        expected.append([facts(found) for *_, found in named])
    script = Path(__file__).parent / "airflow_helpers" / "partitions_of.py"
    done = subprocess.run(
        [built.python(), script, built.job.out / "dags"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env={**probe.environment(), "AIRFLOW_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert sum(map(len, expected)) > 2000
    for question, seen, said in zip(asked, answer, expected, strict=True):
        for run, saw, should in zip(question["runs"], seen, said, strict=True):
            assert saw == should, (question["class"], question["args"], question["kwargs"], run)


def facts(found: Partition | None) -> list[str] | None:
    if found is None or found.start is None or found.end is None:
        return None
    return [found.key, found.start.isoformat(), found.end.isoformat()]
