"""What a run is given on a command line: its params, its partition and its nominal time, and the
answers to its approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.frozen import dataclass
from dagglot.ir.expand import freeze
from dagglot.ir.model import ApprovalBody, Pipeline
from dagglot.ir.params import from_text, refusal
from dagglot.ir.reader import parse_moment
from dagglot.targets.base import Answer, RunNames, RunSpec


@dataclass(frozen=True, slots=True)
class Inputs:
    """As they were typed: ``params`` and ``answers`` by name, the ``partition``'s key, and the
    nominal ``time``; of the last two None where the run is to find them itself."""

    params: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    partition: str | None = None
    time: str | None = None


def run_spec(
    pipeline: Pipeline, names: RunNames, given: Inputs, timeout: float
) -> tuple[RunSpec, list[Diagnostic]]:
    """What a probe is asked for; findings for all that the pipeline does not take."""
    params, found = given_params(pipeline, given.params)
    answers, unsaid = given_answers(pipeline, given.answers)
    time = given_time(pipeline, given.time)
    found += [*unsaid, *wrong_time(given.time, time), *wrong_partition(pipeline, given, time)]
    spec = RunSpec(
        key=pipeline.id,
        names=names,
        params=params,
        time=time.isoformat() if time is not None else None,
        timeout=timeout,
        answers=answers,
        partition=given.partition,
    )
    return spec, found


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


# --- its time and its partition -----------------------------------------------------------------


def given_time(pipeline: Pipeline, text: str | None) -> datetime | None:
    """``--time`` as an instant: without an offset it is in the zone of the schedule."""
    if text is None:
        return None
    found = parse_moment(text, ZoneInfo(pipeline.schedule.timezone))
    return None if found is None else found.astimezone(UTC)


def wrong_time(text: str | None, found: datetime | None) -> Iterator[Diagnostic]:
    if text is not None and found is None:
        message = f"`--time {text}` is neither a day nor a time"
        help = "write it as `2026-10-24T03:00`"
        yield codes.RUN_REFUSED.at(None, message=message, help=help)


def wrong_partition(
    pipeline: Pipeline, given: Inputs, time: datetime | None
) -> Iterator[Diagnostic]:
    """Why there is no partition that the run could work on."""
    partitions, key = pipeline.partitions, given.partition
    if partitions is None:
        if key is not None:
            message = f"the pipeline `{pipeline.id}` has no partitions, and so none is `{key}`"
            yield codes.RUN_REFUSED.at(pipeline.span, message=message)
        return
    from dagglot.semantics.partitions import help_for, last_complete, of_key

    if key is not None:
        if of_key(partitions, key) is None:
            message = f"`{pipeline.id}` has no partition `{key}`"
            help = help_for(partitions, key)
            yield codes.RUN_REFUSED.at(partitions.span, message=message, help=help)
    elif partitions.keys:
        message = f"a run of `{pipeline.id}` works on one of its partitions: name it"
        known = ", ".join(f"`{one}`" for one in partitions.keys[:12])
        help = f"give `--partition KEY`, one of {known}"
        yield codes.RUN_REFUSED.at(partitions.span, message=message, help=help)
    elif time is not None and last_complete(partitions, time) is None:
        message = f"no partition of `{pipeline.id}` is complete at {time.isoformat()}"
        yield codes.RUN_REFUSED.at(partitions.span, message=message)


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
