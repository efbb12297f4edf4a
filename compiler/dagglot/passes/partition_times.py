"""A schedule starts when its first partition is complete; there is one, and each is worked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir import cron
from dagglot.ir.model import Partitions, Pipeline


def partition_times(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline with no fire time at which nothing is complete yet."""
    partitions = pipeline.partitions
    if partitions is None:
        return pipeline, ()
    found = (*_keys(partitions), *_unnamed(pipeline, partitions))
    if partitions.keys or partitions.start is None or not _can_be_asked(pipeline, partitions):
        return pipeline, found  # what is wrong has been said
    # most pipelines have no partitions
    from dagglot.semantics.partitions import first_start, never_run, windows

    if next(windows(partitions), None) is None:
        return pipeline, (*found, codes.PARTITION_NONE.at(partitions.at("end")))
    schedule = pipeline.schedule
    if schedule.cron is None and schedule.every is None:
        return pipeline, found
    left_out = never_run(partitions, schedule)
    if left_out is not None:
        found = (*found, _never_run(pipeline, left_out.key))
    start = first_start(partitions, schedule)
    return replace(pipeline, schedule=replace(schedule, start=start)), found


def _keys(partitions: Partitions) -> Iterator[Diagnostic]:
    for key, times in Counter(partitions.keys).items():
        if times > 1:
            yield codes.PARTITION_TWICE.at(partitions.at("keys"), key=key)


def _unnamed(pipeline: Pipeline, partitions: Partitions) -> Iterator[Diagnostic]:
    schedule = pipeline.schedule
    if partitions.keys and schedule.on_assets is not None:
        help = "let a pipeline that runs on the update start this one with `partition`"
        yield codes.PARTITION_UNNAMED.at(schedule.at("on_assets"), help=help)


def _can_be_asked(pipeline: Pipeline, partitions: Partitions) -> bool:
    lines = (pipeline.schedule.cron, partitions.cron)
    windows = (pipeline.schedule, partitions)
    return all(line is None or isinstance(cron.parse(line), cron.Cron) for line in lines) and all(
        not (one.start and one.end and one.end < one.start) for one in windows
    )


def _never_run(pipeline: Pipeline, key: str) -> Diagnostic:
    line = pipeline.schedule.cron
    at = pipeline.schedule.at("cron" if line is not None else "every")
    help = "run more often, or let them be larger"
    if line is not None:
        help = f'let a partition be from one run to the next: `partitions: {{cron: "{line}"}}`'
    return codes.PARTITION_NEVER_RUN.at(at, key=key, help=help)
