"""A task that consumes what a sibling produces runs after it."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.ir.model import Pipeline, Task


def asset_order(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; a finding for each consumer that is not downstream of a producer."""
    if not any(task.consumes for task in pipeline.tasks):
        return pipeline, ()
    return pipeline, tuple(_findings(pipeline))


def _findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    makers: dict[str, list[Task]] = {}
    for task in pipeline.tasks:
        for name in task.produces:
            makers.setdefault(name, []).append(task)
    upstream = {task.id: task.upstream for task in pipeline.tasks}
    for task in pipeline.tasks:
        above: set[str] | None = None
        for index, name in enumerate(task.consumes):
            for maker in makers.get(name, ()):
                above = _above(task.id, upstream) if above is None else above
                if maker.id in above or maker is task:
                    continue
                yield codes.ASSET_NOT_DOWNSTREAM.at(
                    task.places.get(f"consumes.{index}") or task.at("consumes"),
                    task=task.id,
                    asset=name,
                    maker=maker.id,
                    related=(Related(maker.at("produces"), "produced here"),),
                    help=f"add `{maker.id}` to its `depends_on`",
                )


def _above(id: str, upstream: dict[str, tuple[str, ...]]) -> set[str]:
    above: set[str] = set()
    rest = [id]
    while rest:
        for need in upstream.get(rest.pop(), ()):
            if need not in above:
                above.add(need)
                rest.append(need)
    return above
