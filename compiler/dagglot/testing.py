"""The tests of documents, run: on the executable semantics, or on a real orchestrator."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from dagglot.api import Progress, silent
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.ir.expand import thaw
from dagglot.ir.model import Pipeline, Scenario
from dagglot.scenarios import Possible, acted_out, decides_early, open_question, possible
from dagglot.semantics.expectations import Ended, Miss, ended, misses
from dagglot.semantics.scenario import Given, read
from dagglot.semantics.simulate import Simulated, UnansweredError, simulate
from dagglot.semantics.states import State

if TYPE_CHECKING:
    from pathlib import Path

    from dagglot.jobs import Job
    from dagglot.replays import Replayed
    from dagglot.runner import Where

Status = Literal["passed", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Tested:
    """A test of a document that has run: on the semantics, or on a real orchestrator (``target``).

    ``problems`` are what kept it from running; ``simulated`` is there wherever the scenario leaves
    nothing open, also where the run was a real one.
    """

    pipeline: Pipeline
    scenario: Scenario
    target: str
    seconds: float
    misses: tuple[Miss, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    simulated: Simulated | None = None
    seen: Ended | None = None
    refused: bool = False

    @property
    def status(self) -> Status:
        if self.refused:
            return "refused"
        return "failed" if self.misses or self.problems else "passed"

    @property
    def name(self) -> str:
        return f"{self.pipeline.id} › {self.scenario.name}"

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is wrong, as findings with a place."""
        where = f"{self.name} on {self.target}" if self.target else self.name
        missed = tuple(
            codes.EXPECTATION.at(miss.span, test=where, message=miss.message)
            for miss in self.misses
        )
        return (*self.problems, *missed)


Chosen = Sequence[tuple[Pipeline, Scenario]]


def chosen(pipelines: Sequence[Pipeline], word: str | None) -> Chosen:
    """The tests whose name, or whose ``pipeline › test``, holds a word, in any case."""
    wanted = (word or "").lower()
    return [
        (pipeline, scenario)
        for pipeline in pipelines
        for scenario in pipeline.tests
        if wanted in f"{pipeline.id} › {scenario.name}".lower()
    ]


def run(
    tests: Chosen,
    targets: Sequence[Job],
    python: Path | None,
    timeout: float,
    progress: Progress = silent,
) -> tuple[list[Tested], list[Diagnostic]]:
    """Run tests on each target, or without one on the executable semantics; and what went wrong
    that is no test's."""
    if not targets:
        return list(simulated(tests)), []
    from dagglot.runner import Where

    done: list[Tested] = []
    broken: list[Diagnostic] = []
    for job in targets:
        tested, said = replay(tests, job, Where(python, timeout), progress)
        done.extend(tested)
        broken.extend(said)
    return done, broken


def simulated(tests: Chosen) -> Iterator[Tested]:
    """Run tests on the executable semantics."""
    for pipeline, scenario in tests:
        start = time.perf_counter()
        given, _ = read(pipeline, scenario.given)
        try:
            run = simulate(pipeline, given)
        except UnansweredError as error:
            problem = _open(scenario, error)
            seconds = time.perf_counter() - start
            yield Tested(pipeline, scenario, "", seconds, problems=(problem,))
            continue
        seen = ended(run)
        missed = tuple(misses(pipeline, scenario, seen))
        seconds = time.perf_counter() - start
        yield Tested(pipeline, scenario, "", seconds, missed, simulated=run, seen=seen)


def _open(scenario: Scenario, error: UnansweredError) -> Diagnostic:
    message, help = open_question(error, command_line=False)
    span = scenario.span
    return codes.SCENARIO_OPEN.at(span, message=f"test `{scenario.name}`: {message}", help=help)


def replay(
    tests: Chosen, job: Job, where: Where, progress: Progress = silent
) -> tuple[list[Tested], tuple[Diagnostic, ...]]:
    """Run tests on a real orchestrator, all in one process; and what it said that is no answer."""
    from dagglot import replays  # what a real run needs is not loaded for a simulated one

    on = job.name
    plays = [_play(pipeline, scenario, number) for number, (pipeline, scenario) in enumerate(tests)]
    start = time.perf_counter()
    runnable = [play for play in plays if play.simulated is not None]
    done = replays.run(
        [play.acted for play in runnable],
        job,
        where,
        params={play.acted.id: _params(play.given) for play in runnable},
        partitions={play.acted.id: play.given.partition for play in runnable},
        progress=progress,
    )
    each = (time.perf_counter() - start) / max(1, len(done.traces))
    return [_replayed(play, done, on, each) for play in plays], done.diagnostics


@dataclass(frozen=True, slots=True)
class _Play:
    pipeline: Pipeline
    scenario: Scenario
    given: Given
    acted: Pipeline
    simulated: Simulated | None
    problems: tuple[Diagnostic, ...] = ()


def _play(pipeline: Pipeline, scenario: Scenario, number: int) -> _Play:
    given, _ = read(pipeline, scenario.given)
    try:
        simulated = simulate(pipeline, given)
        return _Play(pipeline, scenario, given, acted_out(pipeline, given, number), simulated)
    except UnansweredError as error:  # there is nothing that could be acted out
        return _Play(pipeline, scenario, given, pipeline, None, (_open(scenario, error),))


def _params(given: Given) -> dict[str, object]:
    return {name: thaw(value) for name, value in given.params.items()}


def _replayed(play: _Play, done: Replayed, on: str, seconds: float) -> Tested:
    pipeline, scenario, id = play.pipeline, play.scenario, play.acted.id
    if play.simulated is None:
        return Tested(pipeline, scenario, on, 0.0, problems=play.problems)
    if id in done.refused:
        return Tested(pipeline, scenario, on, 0.0, problems=done.refused[id], refused=True)
    if id not in done.traces:
        problem = codes.NOT_RUN.at(
            scenario.span, target=on, pipeline=pipeline.id, where=f" in `{scenario.name}`"
        )
        return Tested(pipeline, scenario, on, seconds, problems=(problem,))
    seen = of_trace(done.traces[id])
    may = _possible(play, on)
    missed, notes = _excused(tuple(misses(pipeline, scenario, seen)), seen, may, on)
    return Tested(
        pipeline,
        scenario,
        on,
        seconds,
        missed,
        notes=(*notes, *_unlike(play.simulated, seen, may, missed)),
        simulated=play.simulated,
        seen=seen,
    )


def of_trace(trace: Mapping[str, object]) -> Ended:
    """A real run as tests see it."""
    tasks = trace["tasks"]
    states = {(one["id"], one["index"]): one["state"] for one in tasks}  # type: ignore[attr-defined]
    return Ended(str(trace["run"]), states)


def _possible(play: _Play, on: str) -> Possible:
    """What else may happen on a target; nothing where it waits for everything."""
    if not decides_early(on):
        return Possible({}, frozenset())
    try:
        return possible(play.pipeline, play.given)
    except UnansweredError:  # another order of events reads what is not given
        return Possible({}, frozenset())


def _excused(
    missed: Sequence[Miss], seen: Ended, may: Possible, on: str
) -> tuple[tuple[Miss, ...], list[str]]:
    """What is left of the misses where a target may decide by the order of events."""
    by_chance = [miss for miss in missed if _is_by_chance(miss, seen, may)]
    left = tuple(miss for miss in missed if miss not in by_chance)
    return left, [f"{miss.message}; {on} settles that by the order of events" for miss in by_chance]


def _is_by_chance(miss: Miss, seen: Ended, may: Possible) -> bool:
    """Whether both what is expected and what was seen are among the possible states."""
    if miss.key == "run":
        return {miss.expected, seen.run} <= may.runs
    return bool(miss.places) and all(
        {State(miss.expected), State(seen.states[place])} <= may.states.get(place, frozenset())
        for place in miss.places
    )


def _unlike(
    simulated: Simulated, seen: Ended, may: Possible, missed: Sequence[Miss]
) -> Iterator[str]:
    """Instances that end otherwise than the semantics say, and of which no failure tells."""
    said = ended(simulated).states
    told = {place for miss in missed for place in miss.places}
    for place in dict.fromkeys([*said, *seen.states]):
        real, meant = seen.states.get(place), said.get(place)
        allowed = (State(real) if real else None) in may.states.get(place, frozenset())
        if real != meant and not allowed and place not in told:
            task, index = place
            name = task if index is None else f"{task}[{index}]"
            yield f"`{name}` ends {_word(real)}, and the semantics say {_word(meant)}"


def _word(state: str | None) -> str:
    return "nowhere" if state is None else f"`{state}`"
