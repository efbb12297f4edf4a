"""What a pipeline names of others: whom it starts, whose runs it waits for, and what is not there.

A pipeline may well be deployed from elsewhere; what one that is known here has is certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from dagglot.diagnostics.model import Span
from dagglot.ir.kinds import PipelineWait, SensorBody, TriggerPipelineBody
from dagglot.ir.model import Pipeline, Task

What: TypeAlias = Literal["pipeline", "task", "param", "needed"]


class Missing(NamedTuple):
    """What a task names of another pipeline and is not there; ``needed``: a param that the other
    one requires and is not given. ``steps`` lead to it in the task."""

    what: What
    task: str
    waits: bool
    pipeline: str
    name: str
    steps: tuple[str, ...]
    span: Span


def missing(pipeline: Pipeline, known: Mapping[str, Pipeline]) -> Iterator[Missing]:
    """What its sensors and triggers name and ``known`` does not have."""
    for task in pipeline.tasks:
        match task.body:
            case SensorBody(wait_for=PipelineWait() as wait):
                yield from _of_sensor(task, wait, known.get(wait.pipeline))
            case TriggerPipelineBody() as body:
                yield from _of_trigger(task, body, known.get(body.pipeline))


def _of_sensor(task: Task, wait: PipelineWait, other: Pipeline | None) -> Iterator[Missing]:
    place = task.at("wait_for")
    if other is None:
        keys = ("wait_for", "pipeline")
        yield Missing("pipeline", task.id, True, wait.pipeline, wait.pipeline, keys, place)
    elif wait.task is not None and all(one.id != wait.task for one in other.tasks):
        yield Missing("task", task.id, True, other.id, wait.task, ("wait_for", "task"), place)


def _of_trigger(task: Task, body: TriggerPipelineBody, other: Pipeline | None) -> Iterator[Missing]:
    name, place = body.pipeline, task.at("pipeline")
    if other is None:
        yield Missing("pipeline", task.id, False, name, name, ("pipeline",), place)
        return
    place = task.at("params" if body.params else "pipeline")
    declared = {one.name for one in other.params}
    for param in body.params:
        if param not in declared:
            own = task.places.get(f"params.{param}", place)
            yield Missing("param", task.id, False, name, param, ("params", param), own)
    for one in other.params:
        if one.required and one.name not in body.params:
            yield Missing("needed", task.id, False, name, one.name, ("params", one.name), place)
