"""What is given to a run: how the bodies end, the params, the partition.

The same words as in a document's ``tests:`` (language.md, "Tests in the document").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from dagglot.diagnostics.suggest import did_you_mean, nearest
from dagglot.expressions.types import Kind
from dagglot.frozen import dataclass
from dagglot.ir import flow
from dagglot.ir.expand import thaw
from dagglot.ir.model import Body, BranchBody, CheckBody, GateBody, Json, NoopBody, Pipeline, Task
from dagglot.ir.params import refusal
from dagglot.semantics.partitions import help_for, of_key
from dagglot.semantics.states import State


class Unknown:
    """The output of a task about which the scenario says nothing."""

    def __repr__(self) -> str:
        return "?"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a body ends: after some failed attempts, in a state, with an output."""

    state: Literal[State.SUCCESS, State.FAILED, State.SKIPPED] = State.SUCCESS
    failures: int = 0
    output: object = UNKNOWN


Place = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Given:
    """A scenario: outcomes by task, or by task and index; what is not named succeeds."""

    outcomes: Mapping[Place, Outcome] = field(default_factory=dict)
    params: Mapping[str, Json] = field(default_factory=dict)
    partition: str | None = None

    def outcome(self, task: str, index: int | None) -> Outcome | None:
        return self.outcomes.get((task, index)) or self.outcomes.get((task, None))


NOTHING_GIVEN: Final = Given()

_FAILS: Final = re.compile(r"failed ([1-9][0-9]{0,3})")
_ELEMENT: Final = re.compile(r"(.+)\[([0-9]{1,6})\]")


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a scenario that means nothing: its key (``load``, ``params.day``), and why.

    ``in_value``: the key is right, what it is given is not.
    """

    key: str
    message: str
    help: str | None = None
    in_value: bool = False


def read(pipeline: Pipeline, given: Mapping[str, Json]) -> tuple[Given, tuple[Refused, ...]]:
    """A scenario as it is written; ``load[1]`` is the second element of a mapped task.

    Total: what is given need not have passed the schema.
    """
    outcomes: dict[Place, Outcome] = {}
    refused: list[Refused] = []
    params: Mapping[str, Json] = {}
    partition: str | None = None
    for key, value in given.items():
        if key == "params":
            if isinstance(value, Mapping):
                params = value
            else:
                refused.append(Refused(key, "`params` is a mapping of names", in_value=True))
        elif key == "partition":
            partition = str(value)
            refused.extend(_wrong_partition(pipeline, partition))
        else:
            place = place_of(pipeline, key)
            if isinstance(place, Refused):
                refused.append(place)
                continue
            made = _outcome(pipeline.task(place[0]), value)
            if isinstance(made, Outcome):
                outcomes[place] = made
            else:
                message, help = made
                refused.append(Refused(key, message, help, in_value=True))
    refused.extend(_wrong_params(pipeline, params))
    return Given(outcomes, params, partition), tuple(refused)


# --- names --------------------------------------------------------------------------------------


def place_of(pipeline: Pipeline, key: str) -> Place | Refused:
    """The task, and the element of it, that a key of a scenario names."""
    element = _ELEMENT.fullmatch(key)
    id, index = (element[1], int(element[2])) if element else (key, None)
    ids = [task.id for task in pipeline.tasks]
    named = [id] if id in ids else [one for one in ids if one.endswith(f".{id}")]
    if len(named) != 1:
        return Refused(key, f"there is no task `{id}`", _meant(pipeline, id, named))
    if index is not None and not flow.is_mapped(pipeline, pipeline.task(named[0])):
        return Refused(key, f"`{named[0]}` has no elements", f"write `{id}`: it has no `for_each`")
    return named[0], index


def _meant(pipeline: Pipeline, id: str, named: Sequence[str]) -> str | None:
    ids = [task.id for task in pipeline.tasks]
    if named:
        return "it is " + " or ".join(f"`{one}`" for one in named[:3])
    inside = [one for one in ids if one.startswith(f"{id}.")]
    if inside:
        return f"it is a group: name its tasks, as `{inside[0]}`"
    copies = [one for one in ids if one.startswith(f"{id}__")]
    if copies:
        return f"it has copies: name one, as `{copies[0]}`"
    return did_you_mean(id, ids)


# --- params and partition -----------------------------------------------------------------------


def _wrong_params(pipeline: Pipeline, params: Mapping[str, Json]) -> Iterator[Refused]:
    known = {param.name: param for param in pipeline.params}
    for name, value in params.items():
        key = f"params.{name}"
        if name not in known:
            yield Refused(key, f"there is no param `{name}`", did_you_mean(name, known))
            continue
        wrong = refusal(known[name], value)
        if wrong:
            yield Refused(key, f"the param `{name}` {wrong}", in_value=True)
    for param in pipeline.params:
        if param.required and param.name not in params:
            message = f"the param `{param.name}` has no default, and is not given"
            yield Refused("params", message, f"give `params: {{{param.name}: …}}`")


def _wrong_partition(pipeline: Pipeline, key: str) -> Iterator[Refused]:
    partitions = pipeline.partitions
    if partitions is None:
        yield Refused("partition", "the pipeline has no partitions")
    elif of_key(partitions, key) is None:
        help = help_for(partitions, key)
        yield Refused("partition", f"there is no partition `{key}`", help, in_value=True)


def param_values(pipeline: Pipeline, given: Mapping[str, Json]) -> dict[str, object]:
    """Every param as expressions see it: dates are dates, times have the schedule's zone."""
    zone = pipeline.schedule.timezone
    return {
        param.name: _value(param.type.kind, given.get(param.name, param.default), zone)
        for param in pipeline.params
    }


def _value(kind: Kind, value: Json, zone: str) -> object:
    if isinstance(value, str) and kind is Kind.DATE:
        return date.fromisoformat(value)
    if isinstance(value, str) and kind is Kind.DATETIME:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))
    return thaw(value)


# --- outcomes -----------------------------------------------------------------------------------


Wrong = tuple[str, str | None]
"""What is wrong with a value, and what to do about it."""


def _outcome(task: Task, value: Json) -> Outcome | Wrong:
    """The outcome that a value means for a task, or what is wrong with it."""
    body = task.body
    if value == "skipped" and isinstance(body, GateBody | BranchBody):
        return f"`{task.id}` cannot skip itself", "only what does work can"
    if isinstance(value, Mapping):
        return _with_output(task, value)
    if isinstance(body, GateBody) and isinstance(value, bool):
        return Outcome(output=value)
    if isinstance(body, BranchBody) and not _is_state(value):
        return _choice(task.id, body, value)
    match value:
        case "success":
            return Outcome()
        case "failed":
            return Outcome(State.FAILED)
        case "skipped":
            return Outcome(State.SKIPPED)
        case str() if found := _FAILS.fullmatch(value):
            return Outcome(failures=int(found[1]))
        case bool():
            return f"`{task.id}` is no gate", "only a gate is given `true` or `false`"
        case _:
            help = None
            if isinstance(value, str) and (meant := nearest(value, _words(body))):
                help = f"did you mean `{meant}`?"
            return f"`{task.id}` cannot end as {_shown(value)}", help or _may_be(body)


def _with_output(task: Task, value: Mapping[str, Json]) -> Outcome | Wrong:
    """``{output: …}``, with ``failed`` for the attempts that fail first."""
    others = [key for key in value if key not in ("output", "failed")]
    failures = value.get("failed", 0)
    if others or "output" not in value:
        wrong = f"`{others[0]}` is no part of an outcome" if others else "an outcome has `output`"
        return wrong, "write `{output: …}` or `{output: …, failed: 1}`"
    if not isinstance(failures, int) or isinstance(failures, bool) or failures < 0:
        return f"`failed` is how many attempts fail first, not {_shown(failures)}", None
    output = value["output"]
    match task.body:
        case NoopBody():
            return f"`{task.id}` is a `noop`, which has no output", None
        case CheckBody():
            return f"`{task.id}` is a check, which has no output", None
        case GateBody() if not isinstance(output, bool):
            return f"the gate `{task.id}` decides `true` or `false`, not {_shown(output)}", None
        case BranchBody() as body:
            chosen = _choice(task.id, body, output)
            return replace(chosen, failures=failures) if isinstance(chosen, Outcome) else chosen
        case _:
            return Outcome(failures=failures, output=thaw(output))


def _words(body: Body) -> tuple[str, ...]:
    skips = () if isinstance(body, GateBody | BranchBody) else ("skipped",)
    return ("success", "failed", *skips)


def _may_be(body: Body) -> str:
    own = "`true`, `false`" if isinstance(body, GateBody) else "`{output: …}`"
    return f"write {', '.join(f'`{word}`' for word in _words(body))}, `failed 2` or {own}"


def _is_state(value: Json) -> bool:
    return isinstance(value, str) and (
        value in ("success", "failed", "skipped") or _FAILS.fullmatch(value) is not None
    )


def _choice(branch: str, body: BranchBody, value: Json) -> Outcome | Wrong:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        return f"the branch `{branch}` is given the ids that it chooses", None
    wrong = [str(name) for name in names if name not in body.choices]
    if wrong:
        help = did_you_mean(wrong[0], body.choices)
        return f"the branch `{branch}` cannot choose `{wrong[0]}`", help
    return Outcome(output=[str(name) for name in names])


def _shown(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(thaw(value), ensure_ascii=False)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
