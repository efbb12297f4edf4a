"""Where a teardown may not stand."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import BranchBody, GateBody, Pipeline, Task, kind_of


def teardowns(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; findings for teardowns."""
    known = {task.id for task in pipeline.tasks if task.teardown_of}
    return pipeline, tuple(finding for task in pipeline.tasks for finding in _findings(task, known))


def _findings(task: Task, teardowns: set[str]) -> Iterator[Diagnostic]:
    if task.teardown_of:
        if task.for_each is not None:
            message = f"the teardown `{task.id}` has `for_each`"
            yield codes.TEARDOWN.at(task.for_each.span, message=message)
        if isinstance(task.body, GateBody | BranchBody):
            message = f"the {kind_of(task.body)} `{task.id}` cannot be a teardown"
            yield codes.TEARDOWN.at(task.at("teardown_of"), message=message)
        for id in task.teardown_of:
            if id in teardowns:
                message = f"`{task.id}` is the teardown of `{id}`, which is a teardown itself"
                yield codes.TEARDOWN.at(task.at("teardown_of"), message=message)
        return
    for edge in task.depends_on:
        if edge.task in teardowns:
            message = f"`{task.id}` waits for the teardown `{edge.task}`"
            help = "let it wait for what the teardown waits for, or make it a teardown too"
            yield codes.TEARDOWN.at(edge.span, message=message, help=help)
