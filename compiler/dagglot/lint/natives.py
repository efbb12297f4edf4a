"""What is written for one orchestrator and need not be."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.kinds import NativeBody
from dagglot.ir.model import Pipeline
from dagglot.lint.texts import Look, place_of
from dagglot.targets import registry


def natives(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Calls of an orchestrator's own for which the language has a kind."""
    for task in pipeline.tasks:
        if not isinstance(task.body, NativeBody):
            continue
        for target, call in task.body.calls.items():
            full = f"{call.module}:{call.name}"
            kind = registry.kinds(target).get(full) if target in look.targets else None
            if kind is not None:
                place = place_of(full, 0, task.at(target), look)
                yield advice.NATIVE.at(
                    place, task=task.id, call=full, kind=kind, help=f"`type: {kind}`"
                )
