"""A backfill of Airflow: its own, where that makes the right runs, else runs that are triggered."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from dagglot.ir.expand import thaw
from dagglot.ir.model import Pipeline
from dagglot.semantics.partitions import last_complete
from dagglot.targets.base import NO_LIMIT, Backfill, BackfillRun, Context, Mechanism

_CHARACTERS: Final = re.compile(r"[^A-Za-z0-9_.~:+-]")
"""What Airflow lets stand in the id of a run, by its own settings, and this is not."""
_PAUSED: Final = "while the DAG is paused, the runs wait"
_STEP: Final = timedelta(microseconds=1)
"""Between the logical dates of runs of one time: Airflow has one run for each."""


def backfill(pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:
    early = _before_start(pipeline, asked)
    if early:
        return Mechanism(refusal=early)
    if context.version != "2.11" and _is_own(pipeline, context, asked):
        return _own(pipeline, asked)
    return _triggered(pipeline, context, asked)


def _before_start(pipeline: Pipeline, asked: Backfill) -> str:
    start = pipeline.schedule.start
    early = [run for run in asked.runs if run.time and start and run.time < start]
    if not early:
        return ""
    return (
        f"the run for `{early[0].partition}` would be one of {_iso(early[0].time)}, and Airflow "
        f"runs no task of a time before the DAG's `start`, which is {_iso(start)}"
    )


def _is_own(pipeline: Pipeline, context: Context, asked: Backfill) -> bool:
    """Whether Airflow would make these very runs for the times from the first to the last."""
    partitions, schedule = pipeline.partitions, pipeline.schedule
    times = sorted(run.time for run in asked.runs if run.time is not None)
    if partitions is None or len(times) < len(asked.runs):
        return False
    if schedule.cron is None and schedule.every is None:
        return False
    if any(_works_on(pipeline, run) != run.partition for run in asked.runs):
        return False
    from dagglot.targets.airflow.target import TARGET

    awake = replace(pipeline, schedule=replace(schedule, enabled=True))
    found = TARGET.fire_times(awake, context, times[0])
    return list(takewhile(lambda at: at <= times[-1], found)) == times


def _works_on(pipeline: Pipeline, run: BackfillRun) -> str | None:
    if pipeline.partitions is None or run.time is None:
        return None
    found = last_complete(pipeline.partitions, run.time)
    return found.key if found is not None else None


def _own(pipeline: Pipeline, asked: Backfill) -> Mechanism:
    times = sorted(run.time for run in asked.runs if run.time is not None)
    words = [
        *("airflow", "backfill", "create", "--dag-id", pipeline.id),
        *("--from-date", _iso(times[0]), "--to-date", _iso(times[-1])),
        *("--reprocess-behavior", "failed"),
    ]
    if asked.max_active is not None:
        words += ["--max-active-runs", str(asked.max_active)]
    if asked.reverse:
        words.append("--run-backwards")
    if pipeline.schedule.params:
        words += ["--dag-run-conf", json.dumps(_params(pipeline))]
    return Mechanism(
        lines=(shlex.join(words),),
        notes=(
            "a run that is there is left alone, or run again where it failed",
            "Airflow has one backfill of a DAG at a time",
            _PAUSED,
        ),
        request={
            "command": words[1:],
            "dag": pipeline.id,
            "runs": [
                {"partition": run.partition, "time": _iso(run.time), "run_id": None}
                for run in asked.runs
            ],
        },
    )


def _triggered(pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:
    runs = list(_runs(pipeline, asked))
    option = "--exec-date" if context.version == "2.11" else "--logical-date"
    lines = []
    for run in runs:
        words = ["airflow", "dags", "trigger", pipeline.id, "--run-id", run["run_id"]]
        if run["time"] is not None:
            words += [option, run["time"], "--no-replace-microseconds"]
        lines.append(shlex.join([*words, "--conf", json.dumps(run["conf"])]))
    return Mechanism(
        lines=tuple(lines),
        notes=(
            "a run that is there is an error, and is left alone; `--execute` clears what failed",
            _PAUSED,
            *((NO_LIMIT,) if asked.max_active is not None else ()),
        ),
        request={
            "command": None,
            "dag": pipeline.id,
            "max_active": asked.max_active,
            "runs": runs,
        },
    )


def _runs(pipeline: Pipeline, asked: Backfill) -> Iterator[dict[str, Any]]:
    taken: set[str] = set()
    times: set[datetime] = set()
    for number, run in enumerate(asked.runs, 1):
        word = _CHARACTERS.sub("_", run.partition)
        name = f"partition__{word}"
        if name in taken or (word != run.partition and not run.time):
            name = f"{name}__{number}"
        taken.add(name)
        time = run.time
        while time is not None and time in times:
            time += _STEP
        if time is not None:
            times.add(time)
        conf = {**_params(pipeline), "partition": run.partition}
        yield {
            "partition": run.partition,
            "time": None if time is None else _iso(time),
            "run_id": name,
            "conf": conf,
        }


def _params(pipeline: Pipeline) -> dict[str, Any]:
    return {name: thaw(value) for name, value in pipeline.schedule.params.items()}


def _iso(time: datetime | None) -> str:
    return time.isoformat() if time is not None else ""
