"""What a kind needs, and what excludes each other in it, when the defaults are in their places."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.kinds import ContainerBody, HttpBody, NotifyBody, SensorBody, SqlBody, SqlWait
from dagglot.ir.model import Pipeline, Task


def kind_keys(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; a finding for each key of a task that is missing or does not fit."""
    return pipeline, tuple(finding for task in pipeline.tasks for finding in _findings(task))


def _findings(task: Task) -> Iterator[Diagnostic]:
    match task.body:
        case SqlBody(connection=""):
            yield _missing(task, "a `sql` task", "connection")
        case SensorBody(wait_for=SqlWait(query=SqlBody(connection=""))):
            yield _missing(task, "a sensor on SQL", "connection")
        case HttpBody(url=None, connection=""):
            yield _missing(task, "an `http` task with a `path`", "connection")
        case NotifyBody(alerts=()):
            yield _missing(task, "a `notify` task", "alerts")
        case ContainerBody() as body:
            yield from _of_container(task, body)
        case _:
            return


def _missing(task: Task, what: str, key: str) -> Diagnostic:
    help = f"add it to the task, or to `defaults: {{by_type: …}}` (`{key}`)"
    return codes.KIND_NEEDS.at(task.span, task=task.id, what=what, key=key, help=help)


def _of_container(task: Task, body: ContainerBody) -> Iterator[Diagnostic]:
    if not body.image:
        yield _missing(task, "a `container` task", "image")
    own = {"docker": ("volumes",), "kubernetes": ("namespace", "pod")}
    for runtime, keys in own.items():
        for key in keys:
            if runtime != body.runtime and getattr(body, key):
                yield codes.CONTAINER_KEYS.at(
                    task.at(key),
                    key=key,
                    runtime=runtime,
                    other=body.runtime,
                    help=f"write `runtime: {runtime}`" if "runtime" not in task.places else None,
                )
