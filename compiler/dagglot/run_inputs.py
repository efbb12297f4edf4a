"""What a run is given on a command line: its params, and the answers to its approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.ir.expand import freeze
from dagglot.ir.model import ApprovalBody, Pipeline
from dagglot.ir.params import from_text, refusal
from dagglot.targets.base import Answer


def given_params(
    pipeline: Pipeline, given: Mapping[str, str]
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """``--param name=text`` as values of the declared types; a finding for each that is refused."""
    declared = {param.name: param for param in pipeline.params}
    values: dict[str, Any] = {}
    found: list[Diagnostic] = []
    for name, text in given.items():
        param = declared.get(name)
        if param is None:
            help = did_you_mean(name, declared) or "it has no params"
            message = f"the pipeline `{pipeline.id}` has no param `{name}`"
            found.append(codes.PARAMS_REFUSED.at(None, message=message, help=help))
            continue
        value = from_text(param, text)
        wrong = refusal(param, freeze(value))
        if wrong:
            found.append(codes.PARAMS_REFUSED.at(param.span, message=f"`{name}` {wrong}"))
        values[name] = value
    for param in pipeline.params:
        if param.required and param.name not in given:
            help = f"give it with `--param {param.name}=…`"
            message = f"the param `{param.name}` has no default"
            found.append(codes.PARAMS_REFUSED.at(param.span, message=message, help=help))
    return values, found


# --- answers to approvals -----------------------------------------------------------------------

_ANSWERS: Final = {"approve": True, "reject": False}


def given_answers(
    pipeline: Pipeline, given: Mapping[str, str]
) -> tuple[dict[str, Answer], list[Diagnostic]]:
    """What the approvals of a pipeline are told; a finding for each that nobody would answer."""
    said: dict[str, Answer] = {}
    found: list[Diagnostic] = []
    for task in pipeline.tasks:
        if not isinstance(task.body, ApprovalBody):
            continue
        word = given.get(task.id)
        if word is None:
            message = f"`{task.id}` asks a human, and nobody sees the question of this run"
            help = f"answer it with `--answer {task.id}=approve` or `--answer {task.id}=reject`"
            found.append(codes.NOT_ANSWERED.at(task.span, message=message, help=help))
        elif word in _ANSWERS:
            who = task.body.approvers[0] if task.body.approvers else "somebody"
            said[task.id] = Answer(_ANSWERS[word], who)
        else:
            help = did_you_mean(word, _ANSWERS) or "`approve` or `reject`"
            message = f"`{task.id}` cannot be answered with `{word}`"
            found.append(codes.NOT_ANSWERED.at(task.span, message=message, help=help))
    return said, found


def nobody_asks(pipelines: Sequence[Pipeline], given: Mapping[str, str]) -> Iterator[Diagnostic]:
    asks = {
        task.id
        for pipeline in pipelines
        for task in pipeline.tasks
        if isinstance(task.body, ApprovalBody)
    }
    for id in given:
        if id not in asks:
            help = did_you_mean(id, asks) or "no task asks anything"
            yield codes.NOT_ANSWERED.at(None, message=f"`{id}` is no approval", help=help)
