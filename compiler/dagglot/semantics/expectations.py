"""The ``tests:`` of a document: whether they mean something, and what a run does not meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.frozen import dataclass
from dagglot.ir import flow
from dagglot.ir.model import Pipeline, Scenario
from dagglot.semantics.scenario import Place, Refused, place_of, read
from dagglot.semantics.simulate import Simulated
from dagglot.semantics.states import Cause, State

RUN: Final = "run"
"""The key of `expect` that means the run itself."""


def findings(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """What in the tests of a pipeline means nothing, each at its place."""
    for scenario in pipeline.tests:
        _, refused = read(pipeline, scenario.given)
        for one in refused:
            yield _finding(scenario, "given", one)
        for key in scenario.expect:
            place = None if key == RUN else place_of(pipeline, key)
            if isinstance(place, Refused):
                yield _finding(scenario, "expect", place)


def _finding(scenario: Scenario, part: str, refused: Refused) -> Diagnostic:
    key = f"{part}.{refused.key}"
    span = scenario.at(key) if refused.in_value else scenario.at_key(key)
    return codes.SCENARIO.at(span, test=scenario.name, message=refused.message, help=refused.help)


# --- what a run does not meet -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, simulated or real: all that a test may expect something of."""

    run: str
    states: Mapping[Place, str]


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that does not hold: its key and place, what was expected, what was seen.

    ``places`` are the instances that end otherwise; none where the run does, or where there is no
    such instance.
    """

    key: str
    span: Span
    expected: str
    message: str
    places: tuple[Place, ...] = field(default=())


def ended(simulated: Simulated) -> Ended:
    """A simulated run as tests see it."""
    states = {place: state.value for place, state in simulated.states().items()}
    return Ended(simulated.run, states)


def misses(pipeline: Pipeline, scenario: Scenario, run: Ended) -> Iterator[Miss]:
    """The expectations that do not hold, in the author's order."""
    for key, wanted in scenario.expect.items():
        expected, span = str(wanted), _whole(scenario, f"expect.{key}")
        if key == RUN:
            if run.run != expected:
                message = f"the run ends `{run.run}`, and `{expected}` is expected"
                yield Miss(key, span, expected, message)
            continue
        place = place_of(pipeline, key)
        if isinstance(place, Refused):
            continue  # a finding already
        task, index = place
        there = {one: state for one, state in run.states.items() if one[0] == task}
        seen = {one: state for one, state in there.items() if index in (None, one[1])}
        others = tuple(one for one, state in seen.items() if state != expected)
        if not seen:
            yield Miss(key, span, expected, f"there is no `{key}`: {_elements(task, there)}")
        elif others:
            yield Miss(key, span, expected, _said(key, expected, seen, others), others)


def _whole(scenario: Scenario, key: str) -> Span:
    """A key together with its value, where both stand on one line."""
    start, end = scenario.at_key(key), scenario.at(key)
    together = start.file == end.file and start.line == end.end_line and start.line == end.line
    return Span(*start[:3], end.end_line, end.end_column) if together else start


def _elements(task: str, there: Mapping[Place, str]) -> str:
    indexes = [index for _, index in there if index is not None]
    if not indexes:
        return f"`{task}` has no elements here, it ends `{next(iter(there.values()), 'nowhere')}`"
    return f"`{task}` has {len(indexes)} element{'s' if len(indexes) > 1 else ''} here"


def _said(key: str, expected: str, seen: Mapping[Place, str], others: Sequence[Place]) -> str:
    states = list(dict.fromkeys(seen[one] for one in others))
    ends = " and ".join(f"`{state}`" for state in states)
    if len(seen) > 1 and len(others) == len(seen):
        return f"every element of `{key}` ends {ends}, and `{expected}` is expected"
    if len(seen) > 1:
        shown = ", ".join(f"`{key}[{index}]`" for _, index in others[:5])
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        verb = "ends" if len(others) == 1 else "end"
        return f"{shown}{more} {verb} {ends}, and `{expected}` is expected"
    return f"`{key}` ends {ends}, and `{expected}` is expected"


# --- why ----------------------------------------------------------------------------------------


def run_causes(pipeline: Pipeline, simulated: Simulated) -> tuple[Cause, ...]:
    """The instances that speak for how the run ends: the failed ones that count, or where none
    does, the failed ones that do not."""
    leaves = flow.leaves(pipeline) if pipeline.fail_run_on == "leaf" else None
    counting, others = [], []
    for one in simulated.instances:
        if not one.state.is_bad:
            continue
        task = pipeline.task(one.task)
        decides = one.state is State.FAILED if leaves is None else one.task in leaves
        if simulated.run == "failed" and decides and not (task.allow_failure or task.teardown_of):
            counting.append(one)
        elif one.state is State.FAILED:
            others.append(one)
    return tuple(Cause(one.task, one.index, one.state) for one in counting or others)
