"""A group with ``for_each`` is one piece: its instances run from its roots to its leaves."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.ir import flow
from dagglot.ir.model import Pipeline


def mapped_groups(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; a finding for each path that leaves a mapped group and comes back."""
    return pipeline, tuple(_findings(pipeline))


def _findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    mapped = [one for one in flow.groups(pipeline.groups) if one.for_each is not None]
    if not mapped:
        return
    below = flow.downstream(pipeline)
    for group in mapped:
        inside = set(flow.members(group))
        outside = {id for task in inside for id in flow.below(task, below)} - inside
        for id in flow.members(group):
            task = pipeline.task(id)
            for edge in task.depends_on:
                if edge.task in outside:
                    yield codes.MAPPED_GROUP_LEFT.at(
                        edge.span,
                        group=group.id,
                        task=id,
                        needs=edge.task,
                        related=(
                            Related(pipeline.task(edge.task).span, "this waits for the group"),
                        ),
                    )
