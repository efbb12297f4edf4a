"""Images of containers."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.kinds import ContainerBody
from dagglot.ir.model import Pipeline
from dagglot.lint.texts import Look


def containers(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:  # noqa: ARG001
    """Images without a version."""
    for task in pipeline.tasks:
        if isinstance(task.body, ContainerBody):
            image = task.body.image
            tag = image.rpartition("/")[2].partition(":")[2]
            if "@" not in image and tag in ("", "latest"):
                yield advice.IMAGE.at(task.at("image"), image=image)
