"""The partition that a run works on: a parameter of the flow, and an object that knows them all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.types import Kind, Type
from dagglot.ir.model import Param, Partitions, Pipeline
from dagglot.pycode import Call
from dagglot.semantics import firetimes
from dagglot.semantics import partitions as reference
from dagglot.targets.prefect.names import PARTITION

_CLASSES: Final = {
    "hour": "HourlyPartitions",
    "day": "DailyPartitions",
    "week": "WeeklyPartitions",
    "month": "MonthlyPartitions",
    None: "CronPartitions",
}
CLASSES: Final = tuple(_CLASSES.values())


def with_param(pipeline: Pipeline) -> Pipeline:
    """The pipeline with the partition among its params; of static keys each run must name one."""
    partitions = pipeline.partitions
    if partitions is None:
        return pipeline
    if partitions.keys:
        type, text = Type(Kind.STRING, members=partitions.keys), "The partition to work on."
    else:
        first = _first(partitions)
        type = Type(Kind.STRING, nullable=True)
        text = f"The partition to work on, such as {first}; without it the last complete one."
    param = Param(
        name=PARTITION,
        type=type,
        required=bool(partitions.keys),
        description=text,
        span=partitions.span,
    )
    return replace(pipeline, params=(*pipeline.params, param))


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    for param in pipeline.params if pipeline.partitions is not None else ():
        if param.name == PARTITION:
            yield codes.NAMES_COLLIDE.at(
                param.span, first="partitions", second=PARTITION, name=PARTITION, target=title
            )


def is_timed(pipeline: Pipeline) -> bool:
    return pipeline.partitions is not None and not pipeline.partitions.keys


def declared(partitions: Partitions) -> Call:
    """The object that knows the windows."""
    first, last = _first(partitions), reference.last(partitions)
    positional: tuple[object, ...] = ()
    keywords: list[tuple[str, object]] = []
    if partitions.cron is not None:
        positional = (partitions.cron,)
        if firetimes.parsed(partitions.cron).is_hourly:
            keywords.append(("every_hour", True))
    keywords.append(("first", first))
    if last is not None:
        keywords.append(("last", last.key))
    keywords.append(("timezone", partitions.timezone))
    return Call(_CLASSES[partitions.by], positional, tuple(keywords))


def _first(partitions: Partitions) -> str:
    first = reference.first(partitions)
    if first is None:
        raise ValueError("a pass refuses partitions of which there is none")
    return first.key


def by_key(keys: Mapping[str, Any], schedule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A schedule of a deployment for each static key, given as it stands in the file."""
    for number, (key, written) in enumerate(keys.items(), 1):
        word = key if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) else str(number)
        given = {**schedule.get("parameters", {}), PARTITION: written}
        yield {**schedule, "slug": f"{schedule['slug']}-{word}", "parameters": given}
