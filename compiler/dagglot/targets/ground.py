"""What must be there where tasks run: programs, engines, rights. The tables of the targets say it;
this finds what of it a pipeline needs, for ``SETUP.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagglot.ir.model import (
    Body,
    ContainerBody,
    DbtBody,
    Deadline,
    NotebookBody,
    Pipeline,
    SparkBody,
)

if TYPE_CHECKING:
    from dagglot.features import Feature
    from dagglot.targets.base import Capabilities


def ground(pipeline: Pipeline, table: Capabilities) -> list[str]:
    """The set-up notes of the kinds that a pipeline uses, each once, in the order of their use, and
    of its deadline."""
    used = [_feature(task.body) for task in pipeline.tasks]
    if pipeline.deadline is not None:
        used.append(of_deadline(pipeline.deadline))
    notes = (table[feature].setup for feature in dict.fromkeys(used) if feature is not None)
    return list(dict.fromkeys(note for note in notes if note))


def _feature(body: Body) -> Feature | None:
    from dagglot.features import Feature

    match body:
        case DbtBody():
            return Feature.DBT
        case NotebookBody():
            return Feature.NOTEBOOK
        case SparkBody():
            return Feature.SPARK
        case ContainerBody(runtime=runtime):
            return Feature(f"container-{runtime}")
        case _:
            return None


def of_deadline(deadline: Deadline) -> Feature:
    from dagglot.features import Feature

    started = deadline.from_ == "started"
    return Feature.DEADLINE_FROM_STARTED if started else Feature.DEADLINE


def bullet(note: str) -> str:
    """A note as a line of Markdown's lists: a sentence with a dot."""
    return f"- {note[0].upper()}{note[1:]}."
