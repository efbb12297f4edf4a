"""The next runs of a pipeline as its schedule says, and as each target will start them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dagglot import capabilities
from dagglot.frozen import dataclass
from dagglot.ir.model import Partitions, Pipeline
from dagglot.jobs import Job
from dagglot.semantics import firetimes
from dagglot.semantics.partitions import last_complete
from dagglot.targets.base import Support


@dataclass(frozen=True, slots=True)
class NextRun:
    """A time at which a run starts somewhere, in the schedule's zone.

    ``partitions`` are the keys of what is worked on: one, or all of ``keys``, each by its own run.
    """

    time: datetime
    said: bool
    """Whether the schedule names it: else only a target starts one."""
    on: tuple[bool, ...]
    """Whether each target starts one."""
    partitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextRuns:
    """Those of one pipeline, sorted; ``refused`` says of each target why it takes none of them."""

    pipeline: Pipeline
    since: datetime
    targets: tuple[str, ...]
    refused: tuple[str, ...]
    runs: tuple[NextRun, ...]


def next_runs(pipeline: Pipeline, jobs: Sequence[Job], since: datetime, count: int) -> NextRuns:
    """As many times as are asked for, and those that a target adds up to the last of them."""
    schedule = pipeline.schedule
    said = list(islice(firetimes.fire_times(schedule, since), count))
    refused = tuple(_refusal(pipeline, job) for job in jobs)
    made = []
    for job, reason in zip(jobs, refused, strict=True):
        found = job.target.fire_times(pipeline, job.context, since) if said and not reason else ()
        made.append(set(_until(iter(found), said)))
    zone = ZoneInfo(schedule.timezone)
    return NextRuns(
        pipeline=pipeline,
        since=since.astimezone(zone),
        targets=tuple(job.name for job in jobs),
        refused=refused,
        runs=tuple(
            NextRun(
                at.astimezone(zone),
                at in said,
                tuple(at in times for times in made),
                _keys(pipeline.partitions, at),
            )
            for at in sorted({*said, *(at for times in made for at in times)})
        ),
    )


def _keys(partitions: Partitions | None, at: datetime) -> tuple[str, ...]:
    if partitions is None or partitions.keys:
        return partitions.keys if partitions is not None else ()
    found = last_complete(partitions, at)
    return (found.key,) if found is not None else ()


def _until(found: Iterator[datetime], said: Sequence[datetime]) -> Iterator[datetime]:
    return takewhile(lambda at: at <= said[-1], found)


def _refusal(pipeline: Pipeline, job: Job) -> str:
    """Why the target does not take the schedule; what else it refuses is no matter here."""
    for one in capabilities.judge(pipeline, job.target, job.version):
        feature = one.use.feature.value
        if one.verdict.support is Support.UNSUPPORTED and feature.startswith("schedule-"):
            return f"`{feature}`: {one.verdict.note}"
    return ""
