"""A simulated run: as a table for people, as JSON for programs, as a coloured graph."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dagglot import draw
from dagglot.frozen import dataclass
from dagglot.ir.model import BranchBody, GateBody, Pipeline, Task, TriggerRule
from dagglot.reports.table import Cell, Paint, aligned, attempts, few
from dagglot.scenarios import Possible
from dagglot.semantics.scenario import UNKNOWN, Place
from dagglot.semantics.simulate import Simulated
from dagglot.semantics.states import Cause, Instance, State, Why

VERSION: Final = 1
_ORDER: Final = {state: number for number, state in enumerate(State)}


def name_of(place: Place) -> str:
    """``load``, or ``load[1]``."""
    task, index = place
    return task if index is None else f"{task}[{index}]"


def why(pipeline: Pipeline, one: Instance) -> str:
    """Why an instance ended as it did, in one line."""
    body = pipeline.task(one.task).body
    if one.state is State.SUCCESS and isinstance(body, GateBody):
        return "it is open" if one.output else "it closed"
    if one.state is State.SUCCESS and isinstance(body, BranchBody):
        chosen = one.output if isinstance(one.output, list) else []
        return f"it chose {', '.join(map(str, chosen))}" if chosen else "it chose nothing"
    causes = _causes(one.why)
    if causes:
        return f"{one.why.text}: {causes}"
    return one.why.text + (_let(pipeline.task(one.task)) if one.state is State.SUCCESS else "")


def _let(task: Task) -> str:
    """What let a task run where that needs saying."""
    if task.teardown_of:
        return f", after {few([f'`{id}`' for id in task.teardown_of])}"
    if not task.upstream or task.trigger_rule is TriggerRule.ALL_SUCCESS:
        return ""
    return f", by trigger rule `{task.trigger_rule.value}`"


def _causes(why: Why) -> str:
    """The instances that decided, unless the sentence names them already."""
    named = [one for one in why.causes if f"`{one.task}`" not in why.text]
    return few([f"{name_of((one.task, one.index))} {one.state.value}" for one in named])


# --- a table ------------------------------------------------------------------------------------


def as_text(
    pipeline: Pipeline, simulated: Simulated, may: Possible | None, target: str, paint: Paint
) -> str:
    """The final state of every task, and why, in the author's order."""
    runs = [simulated.run, *sorted((may.runs if may else set()) - {simulated.run})]
    run = " or ".join(paint(one, one) for one in runs)
    head = f"{paint('bold', pipeline.id)}{f' on {target}' if target else ''}: {run}"
    rows = list(_rows(pipeline, simulated, may))
    early = sum(len(states) > 1 for states in may.states.values()) if may else 0
    lines = [head, *aligned(rows, paint)]
    if early:
        verb = "depends" if early == 1 else "depend"
        lines.append(
            f"{early} of these states {verb} on the order of events: "
            f"{target} decides before all upstream tasks have ended"
        )
    return "\n".join(lines) + "\n"


def _rows(
    pipeline: Pipeline, simulated: Simulated, may: Possible | None
) -> Iterator[tuple[Cell, ...]]:
    for task in pipeline.tasks:
        instances = {(one.task, one.index): one for one in simulated.of(task.id)}
        others = [place for place in (may.states if may else ()) if place[0] == task.id]
        for place in dict.fromkeys([*instances, *others]):
            one = instances.get(place)
            states = _possible(place, one, may)
            first = states[0]
            yield (
                (name_of(place), ""),
                (
                    " or ".join(state.value if state else "missing" for state in states),
                    _word(first),
                ),
                (attempts(one.attempts) if one else "", "dim"),
                (why(pipeline, one) if one else "only where the order of events makes it", "dim"),
            )


def _word(state: State | None) -> str:
    return state.value if state else "dim"


def _possible(place: Place, one: Instance | None, may: Possible | None) -> list[State | None]:
    """The states of an instance, that of the semantics first."""
    exact = one.state if one else None
    others = (may.states.get(place, frozenset()) if may else frozenset()) - {exact}
    ordered = sorted((state for state in others if state), key=_ORDER.__getitem__)
    return [exact, *ordered, *([None] if None in others else [])]


# --- the chain of causes ------------------------------------------------------------------------

_MOST: Final = 3
"""Causes of one instance that are shown."""
_DEEPEST: Final = 12


@dataclass(frozen=True, slots=True)
class Link:
    """An instance in a chain of causes; without one, how many causes are left out there."""

    depth: int
    one: Instance | None
    again: bool = False
    """Whether the chain has told of it already."""
    left_out: int = 0


def links(simulated: Simulated, causes: Sequence[Cause]) -> list[Link]:
    """From some instances up to what began it all, each told of once."""
    instances = {(one.task, one.index): one for one in simulated.instances}
    told: set[Place] = set()
    made: list[Link] = []

    def tell(causes: Sequence[Cause], depth: int) -> None:
        for cause in causes[:_MOST]:
            place = (cause.task, cause.index)
            again = place in told
            told.add(place)
            made.append(Link(depth, instances[place], again))
            if not again and depth < _DEEPEST:
                tell(instances[place].why.causes, depth + 1)
        if len(causes) > _MOST:
            made.append(Link(depth, None, left_out=len(causes) - _MOST))

    tell(causes, 0)
    return made


def chain(
    pipeline: Pipeline, simulated: Simulated, causes: Sequence[Cause], paint: Paint
) -> list[str]:
    """The links of some causes as an indented tree."""
    rows: list[tuple[Cell, ...]] = []
    for link in links(simulated, causes):
        mark = f"{'   ' * (link.depth - 1)}└─ " if link.depth else ""
        one = link.one
        if one is None:
            rows.append(((f"{mark}and {link.left_out} more", "dim"), *[("", "")] * 3))
            continue
        rows.append(
            (
                (f"{mark}{name_of((one.task, one.index))}", ""),
                (one.state.value, one.state.value),
                (attempts(one.attempts), "dim"),
                ("see above" if link.again else why(pipeline, one), "dim"),
            )
        )
    return aligned(rows, paint, indent="      ")


# --- for programs -------------------------------------------------------------------------------


def as_json(pipeline: Pipeline, simulated: Simulated, may: Possible | None, target: str) -> str:
    """``{"dagglot_simulation": 1, "pipeline", "target", "run", "tasks": […]}``.

    ``target`` is null without one. Each task has the keys of a trace (``id``, ``index``, ``state``,
    ``attempts``, and ``output`` where the scenario gives it) and ``why``: ``text`` and ``causes``,
    each a ``task``, ``index`` and ``state``. Where a target decides by the order of events, the
    run and each task also have ``possible``, the sorted states, with null where it may be missing.
    """
    data: dict[str, Any] = {
        "dagglot_simulation": VERSION,
        "pipeline": pipeline.id,
        "target": target or None,
        "run": simulated.run,
    }
    if may is not None:
        data["possible"] = sorted(may.runs)
    data["tasks"] = [_task(one, may) for one in simulated.instances]
    known = simulated.states()
    for place, states in may.states.items() if may else ():
        if place not in known:
            entry = {"id": place[0], "index": place[1], "state": None, "attempts": 0}
            data["tasks"].append({**entry, "possible": _sorted(states)})
    return json.dumps(data, indent=2, default=str) + "\n"


def _task(one: Instance, may: Possible | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": one.task,
        "index": one.index,
        "state": one.state.value,
        "attempts": one.attempts,
    }
    if one.output is not UNKNOWN:
        entry["output"] = one.output
    entry["why"] = {
        "text": one.why.text,
        "causes": [
            {"task": cause.task, "index": cause.index, "state": cause.state.value}
            for cause in one.why.causes
        ],
    }
    if may is not None:
        entry["possible"] = _sorted(may.states[one.task, one.index])
    return entry


def _sorted(states: frozenset[State | None]) -> list[str | None]:
    words = sorted(state.value for state in states if state)
    return [*words, None] if None in states else [*words]


# --- a graph ------------------------------------------------------------------------------------


def endings(
    pipeline: Pipeline, simulated: Simulated, may: Possible | None
) -> Mapping[str, draw.Ending]:
    """How each task ended, to colour its node: of several instances, the worst and the counts."""
    made = {}
    for task in pipeline.tasks:
        instances = simulated.of(task.id)
        states = [one.state for one in instances]
        worst = max(states, key=_BADNESS.__getitem__)
        if len(instances) == 1:
            place = (task.id, instances[0].index)
            ends = _possible(place, instances[0], may)
            text = " or ".join(state.value if state else "missing" for state in ends)
        else:
            counted = [(states.count(state), state.value) for state in dict.fromkeys(states)]
            text = ", ".join(f"{number} {word}" for number, word in counted)
        made[task.id] = draw.Ending(worst.value, text)
    return made


_BADNESS: Final = {State.SKIPPED: 0, State.SUCCESS: 1, State.UPSTREAM_FAILED: 2, State.FAILED: 3}
