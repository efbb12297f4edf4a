"""What is given to a run: how the bodies end, the params, the partition.

The same words as in a document's ``tests:`` (language.md, "Tests in the document").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from dagglot.diagnostics.suggest import did_you_mean
from dagglot.ir.model import BranchBody, GateBody, Json, Pipeline, Task
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
    """A part of a scenario that means nothing: its key, and why."""

    key: str
    message: str
    help: str | None = None


def read(pipeline: Pipeline, given: Mapping[str, Json]) -> tuple[Given, tuple[Refused, ...]]:
    """A scenario as it is written; ``load[1]`` is the second element of a mapped task."""
    outcomes: dict[Place, Outcome] = {}
    refused: list[Refused] = []
    params: Mapping[str, Json] = {}
    partition: str | None = None
    for key, value in given.items():
        if key == "params" and isinstance(value, Mapping):
            params = value
            refused.extend(_unknown_params(pipeline, params))
        elif key == "partition":
            partition = str(value)
        else:
            place, wrong = _place(pipeline, key)
            if wrong is not None:
                refused.append(wrong)
                continue
            made = _outcome(pipeline.task(place[0]), value)
            if isinstance(made, str):
                refused.append(Refused(key, made))
            else:
                outcomes[place] = made
    return Given(outcomes, params, partition), tuple(refused)


def place_of(pipeline: Pipeline, key: str) -> Place | Refused:
    """The task, and the element of it, that a key of a scenario names."""
    place, wrong = _place(pipeline, key)
    return wrong or place


def _place(pipeline: Pipeline, key: str) -> tuple[Place, Refused | None]:
    element = _ELEMENT.fullmatch(key)
    id, index = (element[1], int(element[2])) if element else (key, None)
    ids = [task.id for task in pipeline.tasks]
    if id in ids:
        return (id, index), None
    named = [one for one in ids if one.endswith(f".{id}")]
    if len(named) == 1:
        return (named[0], index), None
    help = did_you_mean(id, ids)
    return ("", None), Refused(key, f"there is no task `{id}`", help)


def _unknown_params(pipeline: Pipeline, params: Mapping[str, Json]) -> Iterator[Refused]:
    known = [param.name for param in pipeline.params]
    for name in params:
        if name not in known:
            yield Refused("params", f"there is no param `{name}`", did_you_mean(name, known))


def _outcome(task: Task, value: Json) -> Outcome | str:
    """The outcome that a value means for a task, or what is wrong with it."""
    match task.body:
        case GateBody() | BranchBody() if value == "skipped":
            return f"`{task.id}` cannot skip itself: only what does work can"
        case GateBody() if isinstance(value, bool):
            return Outcome(output=value)
        case BranchBody() as body if not _is_state(value):
            return _choice(body, value)
        case _:
            pass
    match value:
        case "success":
            return Outcome()
        case "failed":
            return Outcome(State.FAILED)
        case "skipped":
            return Outcome(State.SKIPPED)
        case str() if found := _FAILS.fullmatch(value):
            return Outcome(failures=int(found[1]))
        case Mapping() if "output" in value:
            failures = value.get("failed")
            first = failures if isinstance(failures, int) else 0
            return Outcome(failures=first, output=_listed(value["output"]))
        case bool():
            return f"`{task.id}` is no gate: only a gate is given a boolean"
        case _:
            words = "`success`, `failed`, `failed 2`, `skipped` or `{output: …}`"
            return f"`{task.id}` is given {value!r}: write {words}"


def _is_state(value: Json) -> bool:
    return isinstance(value, str) and (
        value in ("success", "failed", "skipped") or _FAILS.fullmatch(value) is not None
    )


def _choice(body: BranchBody, value: Json) -> Outcome | str:
    names = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return "a branch is given the ids that it chooses"
    wrong = [str(name) for name in names if name not in body.choices]
    if wrong:
        known = did_you_mean(wrong[0], body.choices)
        return f"the branch cannot choose `{wrong[0]}`" + (f": {known}" if known else "")
    return Outcome(output=[str(name) for name in names])


def _listed(value: Json) -> object:
    """Frozen JSON as the plain values that expressions work on."""
    if isinstance(value, tuple | list):
        return [_listed(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return value
