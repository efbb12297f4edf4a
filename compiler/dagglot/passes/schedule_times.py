"""The schedule is one that can fire: a cron line, a zone, a window that is not empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir import cron
from dagglot.ir.model import Pipeline


def schedule_times(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline with its cron line in five fields; findings for what cannot be."""
    found = (*_findings(pipeline), *_zone(pipeline))
    schedule = pipeline.schedule
    if schedule.cron is not None:
        parsed = cron.parse(schedule.cron)
        if isinstance(parsed, cron.Cron):
            pipeline = replace(pipeline, schedule=replace(schedule, cron=parsed.text))
    return pipeline, found


def _findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    schedule, partitions = pipeline.schedule, pipeline.partitions
    for line, at in (
        (schedule.cron, schedule.at("cron")),
        (partitions.cron, partitions.at("cron")) if partitions else (None, schedule.span),
    ):
        if line is not None:
            parsed = cron.parse(line)
            if isinstance(parsed, str):
                yield codes.CRON.at(at, cron=line, problem=parsed)
    timed = partitions is not None and not partitions.keys
    if schedule.start is None:
        needs = (
            ("every", "a schedule with `every`", schedule.every is not None),
            ("catchup", "a schedule with `catchup: true`", schedule.catchup),
            ("partitions", "a pipeline with time partitions", timed),
        )
        for word, what, needed in needs:
            key = word
            if needed and not (partitions and partitions.start and key == "partitions"):
                yield codes.SCHEDULE_NEEDS.at(
                    partitions.span if partitions and key == "partitions" else schedule.at(word),
                    message=f"{what} needs `start`",
                    help="a first day, such as `start: 2026-01-01`",
                )
    own = partitions if partitions and not {"start", "end"}.isdisjoint(partitions.places) else None
    for window in (schedule, own):
        if window and window.start and window.end and window.end < window.start:
            yield codes.WINDOW_EMPTY.at(window.at("end"))


def _zone(pipeline: Pipeline) -> Iterator[Diagnostic]:
    schedule, partitions = pipeline.schedule, pipeline.partitions
    if schedule.cron is not None and not schedule.zone_written:
        yield codes.SCHEDULE_NEEDS.at(
            schedule.at("cron"),
            message="a schedule with `cron` needs `timezone`",
            help="write `timezone: UTC`, or the zone that the hours are meant in",
        )
    timed = partitions is not None and not partitions.keys
    if timed and partitions is not None and not (schedule.zone_written or partitions.zone_written):
        yield codes.SCHEDULE_NEEDS.at(
            pipeline.at("partitions"), message="time partitions need a `timezone`"
        )
