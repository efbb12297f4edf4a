"""What Airflow may do where it decides before all upstream tasks have ended.

Airflow asks a trigger rule each time that an upstream ends, and acts on the first answer that
further upstreams cannot change: ``all_success`` is skipped or upstream_failed by whichever it sees
first, and a task that is decided before a gate above it closes, has been decided without the gate
(measured on Airflow 3.3.2 and 2.11.2; ``airflow/ti_deps/deps/trigger_rule_dep.py``). It also
gives up all tasks of a mapped group as soon as it knows that the list is empty, or that there is
none. So a scenario has several possible ends there, one for each order of events; `ends` lists
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dagglot.expressions.evaluate import EvaluationError
from dagglot.ir import flow
from dagglot.ir.model import Group, Pipeline, Task, TriggerRule
from dagglot.semantics.by_chance import deciding_root, is_strict_root, list_rule, readers
from dagglot.semantics.scenario import NOTHING_GIVEN, Given
from dagglot.semantics.simulate import Index, Run, Simulated, UnansweredError, run_state
from dagglot.semantics.states import Instance, State, Why
from dagglot.semantics.trigger_rules import decide

MOST_ENDS: Final = 4096
"""Orders of events that are followed; a scenario with more has more ends than anybody reads."""


@dataclass(frozen=True, slots=True)
class End:
    """One possible end of a run.

    ``relabelled`` are the instances that were decided before a gate or a branch above them, which
    then writes `skipped` over their state, or does not.
    """

    simulated: Simulated
    relabelled: frozenset[tuple[str, Index]] = frozenset()

    def allows(self, states: Mapping[tuple[str, Index], State]) -> bool:
        """Whether the states of a real run are this end."""
        mine = self.simulated.states()
        return mine.keys() == states.keys() and all(
            state is mine[place] or (state is State.SKIPPED and place in self.relabelled)
            for place, state in states.items()
        )


def ends(pipeline: Pipeline, given: Given = NOTHING_GIVEN) -> tuple[End, ...]:
    """Every end that a run may have on Airflow; the first is the one of `simulate`."""
    found: dict[object, End] = {}
    waiting: list[tuple[int, ...]] = [()]
    followed = 0
    while waiting and followed < MOST_ENDS:
        followed += 1
        run = _EarlyRun(pipeline, given, path=waiting.pop())
        ended = run.results()
        instances = tuple(one for task in pipeline.tasks for one in ended[task.id])
        state = "failed" if run.no_list else run_state(pipeline, instances)
        end = End(Simulated(instances, state), frozenset(run.relabelled))
        found.setdefault(_key(end), end)
        # every other answer at the points that this path was the first to reach
        for depth in range(len(run.path), len(run.taken)):
            for other in range(1, run.taken[depth]):
                waiting.append((*run.path, *(0,) * (depth - len(run.path)), other))
    return tuple(found.values())


def possible(
    pipeline: Pipeline, given: Given = NOTHING_GIVEN
) -> dict[tuple[str, Index], frozenset[State]]:
    """The states in which each instance may end on Airflow."""
    found: dict[tuple[str, Index], set[State]] = {}
    for end in ends(pipeline, given):
        for place, state in end.simulated.states().items():
            found.setdefault(place, set()).add(state)
            if place in end.relabelled:
                found[place].add(State.SKIPPED)
    return {place: frozenset(states) for place, states in found.items()}


def _key(end: End) -> object:
    states = [(one.name, one.state, one.attempts) for one in end.simulated.instances]
    return tuple(states), end.relabelled, end.simulated.run


@dataclass(slots=True)
class _EarlyRun(Run):
    """A run in which each point where Airflow has a choice takes the answer that ``path`` names.

    ``taken`` has the number of answers at each point, in the order in which they were reached.
    """

    path: tuple[int, ...] = ()
    taken: list[int] = field(default_factory=list)
    relabelled: set[tuple[str, Index]] = field(default_factory=set)
    below: dict[str, frozenset[str]] = field(default_factory=dict)
    no_list: bool = False
    """Whether a list that is none has failed the run, and not only tasks of its group."""

    def not_run(self, task: Task, index: Index) -> tuple[State, Why] | None:
        exact = Run.not_run(self, task, index)
        if task.teardown_of or not task.upstream:
            return exact
        above = self.upstream(task, task.upstream, index)
        closed = self.closed(task, index)
        answers: list[State | None] = [exact[0] if exact else None]
        if closed is None and exact and exact[0] is State.UPSTREAM_FAILED and self.is_empty(task):
            answers.append(State.SKIPPED)
        given_up = bool(exact and exact[0] is State.SKIPPED and self.is_given_up(task, index))
        if given_up:
            answers.append(State.UPSTREAM_FAILED)
        if closed is None and exact and task.trigger_rule is TriggerRule.ONE_DONE:
            others = [one for id in task.upstream if (one := self.groups[id]) is not None]
            if any(self.list_fails(one) for one in others if one != self.groups[task.id]):
                answers.append(None)
        if closed is None:
            answers += _by_order(task.trigger_rule, [one.state for one in above], answers[0])
        else:
            before = [one for one in above if self.ends_before(one, closed)]
            states = [one.state for one in before]
            answers += _before_all(task.trigger_rule, states, len(before) == len(above))
        chosen = self.choose(list(dict.fromkeys(answers)))
        if closed is not None and chosen != 0:
            self.relabelled.add((task.id, index))
        if chosen == 0:
            return exact
        state = list(dict.fromkeys(answers))[chosen]
        group = self.groups[task.id]
        if given_up and state is State.UPSTREAM_FAILED and group is not None:
            self.no_list |= self.counts(group)
        return None if state is None else (state, Why("Airflow decided early"))

    def is_empty(self, task: Task) -> bool:
        """Whether a task stands in a mapped group that has no element: Airflow skips it as soon as
        it knows that."""
        group = self.groups[task.id]
        if group is None or group.for_each is None:
            return False
        try:
            return bool(self.evaluate(task, group.for_each.items, None) == [])
        except EvaluationError:
            return False

    def has_no_list(self, group: Group | None) -> bool:
        """Whether a mapped group has no list to go over."""
        if group is None or group.for_each is None:
            return False
        reader = self.pipeline.task(flow.members(group)[0])
        try:
            return not isinstance(self.evaluate(reader, group.for_each.items, None), list)
        except EvaluationError:
            return True
        except UnansweredError:
            return False

    def list_fails(self, group: Group) -> bool:
        """Whether the step that makes the list of a mapped group runs, and finds none."""
        return self.has_no_list(group) and self.list_state(group) is None

    def counts(self, group: Group) -> bool:
        """Whether the failure of a group's list is one of the run."""
        tasks = map(self.pipeline.task, flow.members(group))
        excused = all(task.allow_failure for task in tasks)
        return self.pipeline.fail_run_on == "any" and not excused and self.list_fails(group)

    def list_state(self, group: Group) -> State | None:
        """The state in which the list of a mapped group is not asked for."""
        root = deciding_root(self.pipeline, group)
        if root is not None:
            states = [one.state for one in self.upstream(root, root.upstream, None)]
            return decide(root.trigger_rule, states)
        above = [one.state for id in readers(group) for one in self.ended[id]]
        return decide(list_rule(self.pipeline, group), above)

    def is_given_up(self, task: Task, index: Index) -> bool:
        """Whether Airflow may call a task `upstream_failed` because its group has no list, before
        it sees why the task is skipped."""
        group = self.groups[task.id]
        if index is not None or group is None or not self.has_no_list(group):
            return False
        if self.list_state(group) is State.SKIPPED:
            return False
        if not is_strict_root(task, group):
            return True
        above = self.upstream(task, task.upstream, index)
        skipped = {one.task for one in above if one.state is State.SKIPPED}
        closed = self.closed(task, index)
        skipped |= {cause.task for cause in closed.causes} if closed is not None else set()
        return skipped.isdisjoint(flow.needed_for(self.pipeline, readers(group)))

    def choose(self, answers: Sequence[State | None]) -> int:
        if len(answers) == 1:
            return 0
        depth = len(self.taken)
        self.taken.append(len(answers))
        return self.path[depth] if depth < len(self.path) else 0

    def ends_before(self, one: Instance, closed: Why) -> bool:
        """Whether an upstream may have ended before what closed the task below it did.

        What stands below the gate itself may have, if it was decided without the gate too.
        """
        (cause,) = closed.causes
        if one.task == cause.task:
            return False
        if one.task not in self.after(cause.task) or (one.task, one.index) in self.relabelled:
            return True
        if self.closed(self.pipeline.task(one.task), one.index) is not None:
            return False
        task = self.pipeline.task(one.task)
        above = self.upstream(task, task.upstream, one.index)
        before = [self.ends_before(upstream, closed) for upstream in above]
        return all(before) or (any(before) and task.trigger_rule in _ON_FIRST)

    def after(self, decider: str) -> frozenset[str]:
        if decider not in self.below:
            self.below[decider] = flow.below(decider, flow.downstream(self.pipeline))
        return self.below[decider]


_ON_FIRST: Final = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
        TriggerRule.ONE_SUCCESS,
        TriggerRule.ONE_FAILED,
        TriggerRule.ONE_DONE,
    }
)
"""Rules that some of the upstreams may settle with an answer that is not `skipped`."""


def _by_order(
    rule: TriggerRule, states: Sequence[State], exact: State | None
) -> Iterator[State | None]:
    """The other answers that another order of the same states brings."""
    if rule is TriggerRule.ALL_SUCCESS and exact is State.UPSTREAM_FAILED:
        yield from {State.SKIPPED}.intersection(states)


def _before_all(
    rule: TriggerRule, states: Sequence[State], complete: bool
) -> Iterator[State | None]:
    """The answers that are known from some of the upstreams, or from all where ``complete``."""
    bad = any(state.is_bad for state in states)
    skipped = State.SKIPPED in states
    success = State.SUCCESS in states
    match rule:
        case TriggerRule.ALL_SUCCESS:
            if bad:
                yield State.UPSTREAM_FAILED
            if skipped:
                yield State.SKIPPED
        case TriggerRule.NONE_FAILED | TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS if bad:
            yield State.UPSTREAM_FAILED
        case TriggerRule.ONE_SUCCESS if success:
            yield None
        case TriggerRule.ONE_FAILED if bad:
            yield None
        case TriggerRule.ONE_DONE if success or State.FAILED in states:
            yield None
        case _:
            pass
    # an early `skipped` of the other rules is what the gate says too
    if complete and states:
        yield decide(rule, states)
