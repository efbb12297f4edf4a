"""When it runs, and for which slice: `catchup`, partitions, runs that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Final

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.expressions.functions import duration_text
from dagglot.expressions.tree import PartitionField, references
from dagglot.ir import flow
from dagglot.ir.kinds import NativeBody, PipelineWait, SensorBody
from dagglot.ir.model import Pipeline, Schedule, Task
from dagglot.ir.task_values import values_of
from dagglot.lint.texts import Look
from dagglot.semantics import firetimes

_FROM: Final = datetime(2024, 1, 1)
_TO: Final = datetime(2033, 1, 1)
_MANY: Final = 1000
"""Fire times that are looked at: some days of every quarter of an hour, years of every day."""


def runs(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:  # noqa: ARG001
    """`catchup` without partitions, partitions that nothing reads, runs that may overlap."""
    schedule, partitions = pipeline.schedule, pipeline.partitions
    if schedule.catchup and partitions is None and schedule.is_set:
        yield advice.CATCHUP.at(
            schedule.at("catchup"), help="add `partitions: {by: day}`, or leave `catchup` out"
        )
    if partitions is not None and not _reads_partition(pipeline):
        yield advice.PARTITION_NOT_USED.at(pipeline.at("partitions"))
    yield from _overlap(pipeline)


def _reads_partition(pipeline: Pipeline) -> bool:
    """Whether a task reads it, or may: what one orchestrator calls is not understood here."""
    for task in pipeline.tasks:
        if isinstance(task.body, NativeBody):
            return True
        if isinstance(task.body, SensorBody) and isinstance(task.body.wait_for, PipelineWait):
            return True  # it waits for the run of its own partition
    values = [value for task in pipeline.tasks for value, _ in values_of(task)]
    values.extend(group.for_each.items for group in flow.groups(pipeline.groups) if group.for_each)
    return any(isinstance(leaf, PartitionField) for leaf in references(values))


def _overlap(pipeline: Pipeline) -> Iterator[Diagnostic]:
    schedule, limits = pipeline.schedule, pipeline.concurrency
    if limits.max_active_runs is not None or limits.on_overlap == "skip":
        return
    if pipeline.tasks and all(task.depends_on_past for task in pipeline.tasks):
        return
    gap = _gap(schedule)
    longest = max(pipeline.tasks, key=_allowed, default=None)
    if gap is None:
        return
    key = "cron" if schedule.cron is not None else "every"
    if pipeline.timeout is not None:
        what, allowed, place = "may take", pipeline.timeout, pipeline.at("timeout")
    elif longest is not None:
        what, allowed, place = (
            f"its task `{longest.id}` may take",
            _allowed(longest),
            longest.at("timeout"),
        )
    else:
        return
    if allowed > gap:
        yield advice.OVERLAP.at(
            schedule.at(key),
            gap=duration_text(gap),
            what=what,
            timeout=duration_text(allowed),
            related=(Related(place, "may take so long"),),
            help="add `concurrency: {max_active_runs: 1}`",
        )


def _allowed(task: Task) -> timedelta:
    """How long a task may take by its own word; nothing where it says none."""
    body = task.body
    if isinstance(body, SensorBody):
        return body.timeout if "timeout" in task.places else timedelta(0)
    return task.timeout or timedelta(0)


def _gap(schedule: Schedule) -> timedelta | None:
    """The shortest time from one run to the next."""
    if schedule.every is not None:
        return schedule.every
    if schedule.cron is None:
        return None
    ticks = firetimes.ticks(firetimes.parsed(schedule.cron), _FROM)
    some = islice(takewhile(lambda tick: tick < _TO, ticks), _MANY)
    return min((late - early for early, late in pairwise(some)), default=None)
