"""Whether the order of events can matter on Airflow: a static question about a pipeline.

Sets of possible states are worked out task by task, without regard to what goes together, so that
the answer may be yes too often and never no too often. `dagglot.semantics.early` says what happens
in one scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Final, TypeAlias

from dagglot.expressions.tree import TaskOutput, references
from dagglot.ir import flow, graph
from dagglot.ir.model import (
    BranchBody,
    GateBody,
    Group,
    NoopBody,
    Pipeline,
    Task,
    TriggerRule,
)
from dagglot.semantics.states import State
from dagglot.semantics.trigger_rules import decide, decide_teardown

States: TypeAlias = frozenset[State]
Shows: TypeAlias = frozenset[States]

_SAME_FOR_BOTH: Final = frozenset({TriggerRule.ALL_DONE, TriggerRule.ONE_DONE})
"""Rules that make no difference between an upstream that is skipped and one upstream_failed."""
_HAND_DOWN: Final = frozenset({TriggerRule.ALL_SUCCESS, TriggerRule.ONE_SUCCESS})
"""Rules whose task does not run either way, and is labelled like its upstream."""
_EARLY_POSITIVE: Final[Mapping[TriggerRule, frozenset[State]]] = {
    TriggerRule.ONE_SUCCESS: frozenset({State.SUCCESS}),
    TriggerRule.ONE_FAILED: frozenset({State.FAILED, State.UPSTREAM_FAILED}),
    TriggerRule.ONE_DONE: frozenset({State.SUCCESS, State.FAILED}),
}
"""The states of one upstream that suffice for a task to run."""
_EARLY_NEGATIVE: Final = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    }
)
_BAD: Final = frozenset({State.FAILED, State.UPSTREAM_FAILED})
_NOT_BAD: Final = frozenset({State.SUCCESS, State.SKIPPED})
_SKIPPED: Final = frozenset({State.SKIPPED})


def decided_by_chance(pipeline: Pipeline) -> tuple[str, ...]:
    """The tasks where the order of events decides, in some scenario, whether they run; and with
    ``fail_run_on: leaf`` the leaves whose label decides the run. What follows from such a task
    further down is not named again."""
    decides = any(isinstance(task.body, GateBody | BranchBody) for task in pipeline.tasks)
    ruled = any(task.trigger_rule is not TriggerRule.ALL_SUCCESS for task in pipeline.tasks)
    if not (decides or ruled or pipeline.fail_run_on == "leaf"):
        return ()
    question = _Question(pipeline)
    ran, labelled = question.before_a_decision()
    found = ran | question.by_label(labelled) | question.below_no_list()
    return tuple(task.id for task in pipeline.tasks if task.id in found)


def readers(group: Group) -> tuple[str, ...]:
    """The tasks that the list of a mapped group is read from."""
    items = group.for_each.items if group.for_each is not None else None
    return tuple(leaf.task for leaf in references(items) if isinstance(leaf, TaskOutput))


def list_rule(pipeline: Pipeline, group: Group) -> TriggerRule:
    """The rule by which the list of a mapped group is asked for: also where what it is read from
    has failed, or was skipped, if some task of the group would run there, and fail for want of a
    list."""
    tasks = [pipeline.task(id) for id in flow.members(group)]
    if all(task.trigger_rule is TriggerRule.ALL_SUCCESS for task in tasks):
        return TriggerRule.ALL_SUCCESS
    read = readers(group)
    if not read:
        return TriggerRule.ALL_DONE
    needed = dict.fromkeys(flow.needed_for(pipeline, read), _NOT_BAD)
    failed = _would_run(pipeline, group, dict.fromkeys(read, _BAD))
    if flow.may_skip(pipeline).isdisjoint(read):
        return TriggerRule.ALL_DONE if failed else TriggerRule.ALL_SUCCESS
    skipped = _would_run(pipeline, group, {**needed, **dict.fromkeys(read, _SKIPPED)})
    match failed, skipped:
        case True, True:
            return TriggerRule.ALL_DONE
        case True, False:
            return TriggerRule.NONE_SKIPPED
        case False, True:
            return TriggerRule.NONE_FAILED
        case _:
            return TriggerRule.ALL_SUCCESS


def deciding_root(pipeline: Pipeline, group: Group) -> Task | None:
    """The only root of a mapped group, where no rule of the list alone can say whether the list is
    asked for: what it is read from ended badly, or was skipped, and this root runs or not by the
    others above it, and with it all of the group."""
    uncertain = uncertain_roots(pipeline, group)
    return uncertain[0] if len(uncertain) == 1 and _roots(pipeline, group) == uncertain else None


def uncertain_roots(pipeline: Pipeline, group: Group) -> tuple[Task, ...]:
    """The roots of a mapped group that may run, or not, where the list is asked for and is none;
    nothing if some other task of the group would run there anyway."""
    rule = list_rule(pipeline, group)
    read = readers(group)
    if rule is TriggerRule.ALL_SUCCESS or not read:
        return ()
    ended = frozenset(state for state in (*_BAD, *_SKIPPED) if decide(rule, (state,)) is None)
    uncertain: list[Task] = []
    without: dict[str, States] = {}
    for root in _roots(pipeline, group):
        above = [ended if id in read else frozenset(State) for id in root.upstream]
        answers = {decide(root.trigger_rule, each) for each in product(*above)}
        never = frozenset(answer for answer in answers if answer is not None)
        if not never:
            return ()
        without[root.id] = never
        if None in answers:
            uncertain.append(root)
    return () if _would_run(pipeline, group, without) else tuple(uncertain)


def _roots(pipeline: Pipeline, group: Group) -> tuple[Task, ...]:
    members = flow.members(group)
    return tuple(
        task
        for task in map(pipeline.task, members)
        if not task.teardown_of and set(task.upstream).isdisjoint(members)
    )


def _would_run(pipeline: Pipeline, group: Group, known: Mapping[str, States]) -> bool:
    """Whether a task of a mapped group may run where some other tasks end in known states."""
    members = flow.members(group)
    reached = {
        id
        for task in pipeline.tasks
        if isinstance(task.body, GateBody | BranchBody) and task.id not in members
        for id in flow.below(task.id, flow.downstream(pipeline))
    }
    states = dict(known)
    tasks = {task.id: task for task in pipeline.tasks}
    for id in graph.topological({id: task.upstream for id, task in tasks.items()}):
        if id not in members or id in known:
            continue
        task = tasks[id]
        above = [states.get(one, frozenset(State)) for one in task.teardown_of or task.upstream]
        answers = {
            decide_teardown(each) if task.teardown_of else decide(task.trigger_rule, each)
            for each in product(*above)
        }
        if None in answers:
            return True
        closed = _SKIPPED if id in reached else frozenset[State]()
        states[id] = closed.union(answer for answer in answers if answer is not None)
    return False


def is_strict_root(task: Task, group: Group) -> bool:
    """Whether a task of a mapped group stands below nothing of it, and Airflow itself asks its rule
    as soon as something above it has ended."""
    inside = any(id.startswith(f"{group.id}.") for id in task.upstream)
    return not inside and task.trigger_rule is TriggerRule.ALL_SUCCESS


class _Question:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.tasks = {task.id: task for task in pipeline.tasks}
        self.order = graph.topological({id: task.upstream for id, task in self.tasks.items()})
        self.mapped = {task.id for task in pipeline.tasks if flow.is_mapped(pipeline, task)}
        self.reach: dict[str, frozenset[str]] = {}
        for task in pipeline.tasks:
            if isinstance(task.body, GateBody):
                self.reach[task.id] = flow.gate_reach(pipeline, task.id)
            elif isinstance(task.body, BranchBody):
                self.reach[task.id] = flow.branch_reach(pipeline, task.id)
        self.shown = self.shows({})
        self.possible = self.states({})

    def states(self, assumed: Mapping[str, States]) -> dict[str, States]:
        """The states in which the instances of each task may end, where those of some are known."""
        shows = self.shows(assumed)
        return {id: frozenset().union(*shows[id]) for id in self.order}

    def shows(self, assumed: Mapping[str, States]) -> dict[str, Shows]:
        """What each task may show to those below it: the states that its instances have."""
        found: dict[str, Shows] = {}
        for id in self.order:
            allowed = assumed.get(id, frozenset(State))
            found[id] = frozenset(one for one in self.of(self.tasks[id], found) if one <= allowed)
        return found

    def of(self, task: Task, known: Mapping[str, Shows]) -> Shows:
        answers = {self.answer(task, states) for states in self.together(task, known)}
        alone = {answer for answer in answers if answer is not None}
        if any(
            task.id in reach and frozenset({State.SUCCESS}) in known[decider]
            for decider, reach in self.reach.items()
        ):
            alone.add(State.SKIPPED)
        running: set[State] = set()
        if None in answers:
            running = {State.SUCCESS}
            if flow.skips_itself(task):
                running.add(State.SKIPPED)
            if not isinstance(task.body, NoopBody) or task.when is not True:
                running.add(State.FAILED)
        shows = {frozenset({state}) for state in (*alone, *running)}
        if task.id in self.mapped and running:
            items = task.for_each.items if task.for_each is not None else None
            if not (isinstance(items, tuple) and items):
                # no list, or an empty one: the task stands as one
                shows |= {frozenset({State.FAILED}), frozenset({State.SKIPPED})}
            each = running if task.for_each is not None else running | alone
            shows |= {frozenset(some) for size in (2, 3, 4) for some in combinations(each, size)}
        return frozenset(shows)

    def answer(self, task: Task, states: Sequence[State]) -> State | None:
        return decide_teardown(states) if task.teardown_of else decide(task.trigger_rule, states)

    def together(self, task: Task, known: Mapping[str, Shows]) -> list[tuple[State, ...]]:
        """Every combination of states that the upstreams may show: a rule asks no more than which
        states there are."""
        seen: set[States] = {frozenset()}
        for id in task.teardown_of or task.upstream:
            seen = {before | one for before in seen for one in known[id]}
        return [tuple(states) for states in seen]

    def by_label(self, labelled: set[str]) -> set[str]:
        """Tasks below one whose label, skipped or upstream_failed, is by chance; those of
        ``labelled`` are that already."""
        leaves = flow.leaves(self.pipeline) if self.pipeline.fail_run_on == "leaf" else ()
        by_chance = set(labelled)
        found = by_chance.intersection(leaves)
        for id in self.order:
            task = self.tasks[id]
            if task.teardown_of:
                continue
            uncertain = not by_chance.isdisjoint(task.upstream)
            if uncertain and task.trigger_rule not in _SAME_FOR_BOTH | _HAND_DOWN:
                found.add(id)
            if (task.trigger_rule is TriggerRule.ALL_SUCCESS and self.is_mixed(task)) or (
                uncertain and task.trigger_rule in _HAND_DOWN
            ):
                by_chance.add(id)
                if id in leaves:
                    found.add(id)
        return found

    def is_mixed(self, task: Task) -> bool:
        """Whether one upstream may be skipped in a run in which another fails."""
        for bad in task.upstream:
            if self.possible[bad].isdisjoint(_BAD):
                continue
            if any(State.SKIPPED in one and not one.isdisjoint(_BAD) for one in self.shown[bad]):
                return True  # two instances of one mapped task
            others = [one for one in task.upstream if one != bad]
            if all(State.SKIPPED not in self.possible[one] for one in others):
                continue
            # the state of one instance says little of the others
            then = self.possible if bad in self.mapped else self.states({bad: _BAD})
            if any(State.SKIPPED in then[one] for one in others):
                return True
        return False

    def before_a_decision(self) -> tuple[set[str], set[str]]:
        """Tasks that may run before a gate or a branch above them says that they do not, and
        tasks that may be upstream_failed before."""
        found: set[str] = set()
        labelled: set[str] = set()
        below = flow.downstream(self.pipeline)
        for decider, reach in self.reach.items():
            after = flow.below(decider, below)
            # one that skips something has succeeded, and so has all that it needed
            succeeded = dict.fromkeys(
                flow.needed_for(self.pipeline, [decider]), frozenset({State.SUCCESS})
            )
            possible = self.states(succeeded)
            decided: set[str] = set()
            for id in self.order:
                if id not in reach:
                    continue
                task = self.tasks[id]
                before = [
                    one
                    for one in task.upstream
                    if one != decider and (one not in after or one in decided)
                ]
                if not before:
                    continue
                states = frozenset().union(*(possible[one] for one in before))
                rule = task.trigger_rule
                enough = _EARLY_POSITIVE.get(rule, frozenset())
                if len(before) == len(task.upstream) or not states.isdisjoint(enough):
                    found.add(id)
                    decided.add(id)
                elif rule in _EARLY_NEGATIVE and not states <= {State.SUCCESS}:
                    decided.add(id)
                    labelled.add(id)
        return found, labelled

    # --- groups without a list ------------------------------------------------------------------

    def below_no_list(self) -> set[str]:
        """Tasks below a mapped group whose list is none. Airflow gives all tasks of it up at once:
        one that a rule would skip may be upstream_failed, and `one_done` sees no difference
        between what failed for want of the list and what never came to that."""
        found: set[str] = set()
        leaves = flow.leaves(self.pipeline) if self.pipeline.fail_run_on == "leaf" else ()
        for group in flow.groups(self.pipeline.groups):
            if group.for_each is None:
                continue
            if deciding_root(self.pipeline, group) is None:
                found.update(root.id for root in uncertain_roots(self.pipeline, group))
            ends = self.without_list(group)
            labelled = {id for id, states in ends.items() if State.SKIPPED in states}
            found |= labelled.intersection(leaves)
            by_chance = set(labelled)
            for id in self.order:
                task = self.tasks[id]
                if id in ends or task.teardown_of:
                    continue
                if task.trigger_rule is TriggerRule.ONE_DONE:
                    if any(ends.get(one, _FAILED) != _FAILED for one in task.upstream):
                        found.add(id)
                elif not by_chance.isdisjoint(task.upstream):
                    if task.trigger_rule in _HAND_DOWN:
                        by_chance.add(id)
                        found |= {id}.intersection(leaves)
                    elif task.trigger_rule not in _SAME_FOR_BOTH:
                        found.add(id)
        return found

    def without_list(self, group: Group) -> dict[str, States]:
        """The states that the language gives to the tasks of a mapped group whose list is none; no
        `skipped` where Airflow has said so before it asks for the list."""
        items = group.for_each.items if group.for_each is not None else ()
        if isinstance(items, tuple) and not any(True for _ in references(items)):
            return {}
        members = flow.members(group)
        known = flow.needed_for(self.pipeline, readers(group))
        rule = list_rule(self.pipeline, group)
        shows = dict(self.shown)
        for id in known if rule is TriggerRule.ALL_SUCCESS else readers(group):
            # where the list is not asked for, nothing is told of it
            shows[id] = frozenset(one for one in self.shown[id] if decide(rule, tuple(one)) is None)
        found: dict[str, States] = {}
        for id in self.order:
            if id not in members:
                continue
            task = self.tasks[id]
            above = dict(shows)
            if is_strict_root(task, group):
                for one in known:
                    above[one] = frozenset(each for each in shows[one] if State.SKIPPED not in each)
            answers = {self.answer(task, states) for states in self.together(task, above)}
            states = {State.FAILED if answer is None else answer for answer in answers}
            if any(id in reach and one not in known for one, reach in self.reach.items()):
                states.add(State.SKIPPED)
            found[id] = frozenset(states)
            shows[id] = frozenset(frozenset({state}) for state in states)
        return found


_FAILED: Final = frozenset({State.FAILED})
