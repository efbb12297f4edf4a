"""What the semantics say of a made pipeline, and where a real run differs from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dagglot import api
from dagglot.ir.expand import freeze
from dagglot.ir.model import Pipeline
from dagglot.semantics.early import End, ends
from dagglot.semantics.scenario import UNKNOWN, Given, read
from dagglot.semantics.simulate import Simulated, run_state, simulate
from dagglot.semantics.states import Instance, State

from .model import Made
from .write import given, text

Place = tuple[str, int | None]


class InvalidError(Exception):
    """The compiler refuses a document of the generator, or its scenario means nothing."""


@dataclass(frozen=True)
class Case:
    """A made pipeline as the compiler reads it, with its scenario."""

    made: Made
    text: str
    pipeline: Pipeline
    given: Given

    @property
    def id(self) -> str:
        return self.pipeline.id

    @cached_property
    def simulated(self) -> Simulated:
        return simulate(self.pipeline, self.given)

    @cached_property
    def ends(self) -> tuple[End, ...]:
        """The ends that Airflow may come to."""
        return ends(self.pipeline, self.given)


def case(made: Made) -> Case:
    """The document through the front, as a user's; raises `InvalidError`."""
    written = text(made)
    with tempfile.TemporaryDirectory(prefix="dagglot-conformance-") as folder:
        file = Path(folder, "pipeline.yaml")
        file.write_text(written, encoding="utf-8")
        front = api.check([file])
    errors = [one for one in front.diagnostics if one.is_error]
    if errors:
        raise InvalidError(f"{errors[0].rule.code} {errors[0].message}")
    (pipeline,) = front.pipelines
    scenario, refused = read(pipeline, freeze(given(made)))
    if refused:
        raise InvalidError(f"{refused[0].key}: {refused[0].message}")
    return Case(made, written, pipeline, scenario)


# --- comparison -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One thing in which a real run is not what the semantics say."""

    what: str
    expected: Any
    seen: Any

    def __str__(self) -> str:
        seen = str(self.seen).strip().splitlines() or [""]
        return f"{self.what}: expected {self.expected}, seen {seen[-1]}"


def differences(
    one: Case, trace: Mapping[str, Any], starts: Mapping[Place, int], *, exact: bool
) -> list[Difference]:
    """Where a trace differs; with ``exact: False`` from what is nearest of Airflow's ends."""
    if exact:
        return list(_from(one, one.simulated, trace, starts))
    seen = {(task["id"], task["index"]): State(task["state"]) for task in trace["tasks"]}
    best: list[Difference] | None = None
    for end in one.ends:
        simulated = end.simulated
        if end.relabelled and end.allows(seen):
            simulated = _relabelled(one, end, seen)
        found = list(_from(one, simulated, trace, starts))
        if best is None or len(found) < len(best):
            best = found
        if not found:
            break
    return best or []


def _relabelled(one: Case, end: End, seen: Mapping[Place, State]) -> Simulated:
    """An end with the states that a gate wrote over others afterwards."""
    instances = tuple(
        replace(instance, state=seen[instance.task, instance.index])
        for instance in end.simulated.instances
    )
    return Simulated(instances, run_state(one.pipeline, instances))


def _from(
    one: Case, simulated: Simulated, trace: Mapping[str, Any], starts: Mapping[Place, int]
) -> Iterator[Difference]:
    expected = {(instance.task, instance.index): instance for instance in simulated.instances}
    seen = {(task["id"], task["index"]): task for task in trace["tasks"]}
    for place in {**expected, **seen}:
        name = shown(place)
        if place not in seen or place not in expected:
            state = expected[place].state.value if place in expected else "no such instance"
            yield Difference(name, state, seen[place]["state"] if place in seen else "missing")
            continue
        said, saw = expected[place], seen[place]
        if said.state.value != saw["state"]:
            yield Difference(name, said.state.value, saw["state"])
            continue
        if said.state in (State.SUCCESS, State.FAILED) and said.attempts != saw["attempts"]:
            yield Difference(f"{name} attempts", said.attempts, saw["attempts"])
        yield from _output(one, simulated, said, saw)
        yield from _starts(one, said, starts.get(place, 0))
    if simulated.run != trace["run"]:
        yield Difference("run", simulated.run, trace["run"])


def _output(
    one: Case, simulated: Simulated, said: Instance, saw: Mapping[str, Any]
) -> Iterator[Difference]:
    if said.state is not State.SUCCESS:
        return
    step = one.made.step(said.task)
    output = said.output
    if step.kind == "python" and output is UNKNOWN:
        output = _echoed(one, simulated, said)
    if output is not UNKNOWN and output != saw["output"]:
        yield Difference(f"{shown((said.task, said.index))} output", output, saw["output"])


def _echoed(one: Case, simulated: Simulated, said: Instance) -> Any:
    """What a task returns that returns what it reads; only of whole outputs of plain tasks."""
    step = one.made.step(said.task)
    found = []
    for source in step.reads:
        id = source.removeprefix("tasks.").removesuffix(".output")
        if source != f"tasks.{id}.output":
            return UNKNOWN
        box = one.made.mapped_box(id)
        inside = box is not None and said.task.startswith(f"{box.id}.")
        above = simulated.of(id)
        if inside and above[0].index is not None:
            above = tuple(instance for instance in above if instance.index == said.index)
        outputs = [instance.output for instance in above]
        if UNKNOWN in outputs:
            return UNKNOWN
        found.append(outputs[0] if above[0].index is None or inside else outputs)
    return found if step.reads else None


def _starts(one: Case, said: Instance, started: int) -> Iterator[Difference]:
    """How often a body began, by its own account, whatever the orchestrator says."""
    step = one.made.step(said.task)
    if step.kind not in ("python", "gate", "branch") or step.condition or step.cases:
        return
    # a short timeout may be over before a process has begun the body
    late = step.plan.sleeps
    sure = not late and (said.state is not State.FAILED or said.why.text.startswith("it failed"))
    if (started != said.attempts) if sure else (started > said.attempts):
        name = shown((said.task, said.index))
        yield Difference(f"{name} times that its body began", said.attempts, started)


def shown(place: Place) -> str:
    task, index = place
    return task if index is None else f"{task}[{index}]"
