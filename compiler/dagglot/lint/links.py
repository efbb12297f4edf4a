"""Sensors and triggers of other pipelines, where what they name is not there."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean, nearest
from dagglot.ir.links import Missing, missing
from dagglot.ir.model import Pipeline
from dagglot.lint.texts import Look, place_of


def links(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Pipelines that the whole project does not have; tasks and params that a pipeline of it does
    not have."""
    for one in missing(pipeline, look.pipelines):
        if one.what == "pipeline" and not look.whole:
            continue
        # a param that is needed stands nowhere
        word = "" if one.what == "needed" else one.name
        place = place_of(word, 0, one.span, look)
        yield advice.LINK.at(place, message=_message(one), help=_help(one, look))


def _message(one: Missing) -> str:
    task, other, name = f"task `{one.task}`", f"`{one.pipeline}`", f"`{one.name}`"
    match one.what:
        case "pipeline":
            verb = "waits for" if one.waits else "starts"
            return f"{task} {verb} the pipeline {other}, which is not in this project"
        case "task":
            return f"{task} waits for {name} of {other}, which has no such task"
        case "param":
            return f"{task} gives {other} the param {name}, which it does not have"
        case _:
            return f"{task} starts {other} without the param {name}, which it requires"


def _help(one: Missing, look: Look) -> str | None:
    other = look.pipelines.get(one.pipeline)
    if one.what == "needed":
        return f"add it to `params`: `{one.name}: …`"
    if other is not None:
        names = [part.id for part in other.tasks]
        if one.what == "param":
            names = [part.name for part in other.params]
        return did_you_mean(one.name, names)
    found = nearest(one.name, look.pipelines)
    if found is not None:
        return f"did you mean `{found}`?"
    return "where others deploy it: `# dagglot: ignore DG817`, and who does"
