"""Where `moved:` names what is still there, so that nothing was renamed."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir import flow
from dagglot.ir.model import Group, Pipeline, Task


def moves(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; findings for its `moved:` and those of its tasks and groups."""
    return pipeline, tuple(_findings(pipeline))


def _findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    if pipeline.moved_from == pipeline.id:
        yield _finding(pipeline, "pipeline", pipeline.id)
    said = [task for task in pipeline.tasks if task.moved_from is not None]
    if said:
        known = {task.id for task in pipeline.tasks}
        for task in said:
            if all(id in known for id in _meant(task)):
                yield _finding(task, "task", task.moved_from or "")
    groups = {group.id: group for group in flow.groups(pipeline.groups)}
    for group in groups.values():
        if group.moved_from in groups:
            yield _finding(group, "group", group.moved_from or "")


def _meant(task: Task) -> tuple[str, ...]:
    """The ids that it may mean: as it says it, or in its group."""
    own = task.moved_from or ""
    if not task.group or own.startswith(f"{task.group}."):
        return (own,)
    return (own, f"{task.group}.{own}")


def _finding(thing: Pipeline | Task | Group, what: str, named: str) -> Diagnostic:
    if named == thing.id:
        message = f"{what} `{thing.id}` was moved from itself"
    else:
        message = f"{what} `{thing.id}` was moved from `{named}`, which is still there"
    place = thing.places.get("moved", thing.span) if not isinstance(thing, Group) else thing.span
    return codes.MOVED_FROM_WHAT_IS_THERE.at(place, message=message, help="leave `moved` out")
