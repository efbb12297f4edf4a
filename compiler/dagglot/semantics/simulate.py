"""A whole run: from a pipeline and a scenario to the final state of every task.

Total for every pipeline without nested ``for_each``; the one thing that it may miss is a value that
the scenario does not give, and then it says which (`UnansweredError`).

A check is a task like any (the pass `checks` made it one): it runs where what it checks succeeded,
its attempts are those of that task, and data that is not good is a failure, as is a look that
raises. With ``severity: warn`` both are logged, and the check succeeds at its first attempt: only a
timeout, or the death of its process, can fail it, and that the run ignores. Its output is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dagglot.expressions.evaluate import Environment, EvaluationError, boolean, evaluate
from dagglot.ir import flow, graph
from dagglot.ir.model import (
    BranchBody,
    CheckBody,
    GateBody,
    Group,
    NoopBody,
    Pipeline,
    Task,
    Value,
)
from dagglot.ir.task_values import body_values
from dagglot.semantics.partitions import of_key
from dagglot.semantics.scenario import NOTHING_GIVEN, UNKNOWN, Given, Outcome, param_values
from dagglot.semantics.states import Cause, Instance, RunState, State, Why
from dagglot.semantics.trigger_rules import decide, decide_teardown


class UnansweredError(Exception):
    """The scenario leaves open what the run depends on: ``key`` is what to give, and ``value`` as
    what; "" where a scenario has no word for it."""

    def __init__(self, what: str, key: str = "", value: str = "…") -> None:
        super().__init__(f"{what}: give `{key}: {value}`" if key else what)
        self.what, self.key, self.value = what, key, value


class NotSimulatedError(UnansweredError):
    """What the semantics have no answer to, whatever is given."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """How a run ends: the instances in the author's order, and the run itself."""

    instances: tuple[Instance, ...]
    run: RunState

    def of(self, task: str) -> tuple[Instance, ...]:
        """The instances of a task: one, or one for each element."""
        return tuple(one for one in self.instances if one.task == task)

    def states(self) -> dict[tuple[str, int | None], State]:
        return {(one.task, one.index): one.state for one in self.instances}


def simulate(pipeline: Pipeline, given: Given = NOTHING_GIVEN) -> Simulated:
    """The run of a pipeline in which bodies end as the scenario says.

    Raises `UnansweredError` where a gate, a branch, a ``when`` or a list reads what is not given.
    """
    ended = Run(pipeline, given).results()
    instances = tuple(one for task in pipeline.tasks for one in ended[task.id])
    return Simulated(instances, run_state(pipeline, instances))


# --- the run itself -----------------------------------------------------------------------------


def run_state(pipeline: Pipeline, instances: Sequence[Instance]) -> RunState:
    """Whether the run fails (semantics.md, "The run").

    An `upstream_failed` counts because of an upstream that counts, and so the first of them is
    always a `failed` one: for ``any`` those suffice.
    """
    tasks = {task.id: task for task in pipeline.tasks}
    counting: dict[str, bool] = {}
    for id in graph.topological({id: task.upstream for id, task in tasks.items()}):
        task = tasks[id]
        states = {one.state for one in instances if one.task == id}
        if task.teardown_of:
            counting[id] = False
        elif State.FAILED in states and not task.allow_failure:
            counting[id] = True
        else:
            above = any(counting[upstream] for upstream in task.upstream)
            counting[id] = State.UPSTREAM_FAILED in states and above
    decisive = flow.leaves(pipeline) if pipeline.fail_run_on == "leaf" else tuple(tasks)
    return "failed" if any(counting[id] for id in decisive) else "success"


# --- task by task -------------------------------------------------------------------------------

_ONCE: Final = (None,)
Index = int | None


@dataclass(slots=True)
class Run:
    """A run in progress; ``ended`` has every task that has ended, with all its instances."""

    pipeline: Pipeline
    given: Given
    ended: dict[str, tuple[Instance, ...]] = field(default_factory=dict)
    groups: dict[str, Group | None] = field(default_factory=dict)
    gates: dict[str, list[str]] = field(default_factory=dict)
    """The gates that reach a task."""
    kept: dict[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    reached: dict[str, frozenset[str]] = field(default_factory=dict)

    def results(self) -> dict[str, tuple[Instance, ...]]:
        tasks = {task.id: task for task in self.pipeline.tasks}
        for id, task in tasks.items():
            self.groups[id] = group = flow.mapped_group(self.pipeline, id)
            if task.for_each is not None and group is not None:
                raise NotSimulatedError(f"`{id}` has `for_each` inside `for_each`")
            if isinstance(task.body, GateBody):
                for reached in flow.gate_reach(self.pipeline, id):
                    self.gates.setdefault(reached, []).append(id)
            elif isinstance(task.body, BranchBody):
                self.kept[id] = flow.kept_by(self.pipeline, id)
                self.reached[id] = flow.branch_reach(self.pipeline, id)
        for id in graph.topological({id: task.upstream for id, task in tasks.items()}):
            self.ended[id] = tuple(self.task(tasks[id]))
        return self.ended

    def task(self, task: Task) -> Iterator[Instance]:
        group = self.groups[task.id]
        if task.for_each is not None:
            yield from self.expanded(task, task.for_each.items)
        elif group is None or group.for_each is None:
            yield self.instance(task, None)
        elif any(self.is_per_index(task, upstream) for upstream in task.upstream):
            length = max(len(self.ended[id]) for id in task.upstream if self.is_per_index(task, id))
            yield from (self.instance(task, index) for index in range(length))
        else:
            yield from self.expanded(task, group.for_each.items)

    def is_per_index(self, task: Task, upstream: str) -> bool:
        """Whether an upstream stands in the same mapped group and has an instance per index."""
        group = self.groups[task.id]
        return (
            group is not None
            and self.groups[upstream] == group
            and self.ended[upstream][0].index is not None
        )

    def expanded(self, task: Task, items: Value) -> Iterator[Instance]:
        """An instance for each element; one alone where its rule, or its list, leaves none."""
        not_run = self.not_run(task, None)
        if not_run is not None:
            yield _blocked(task, None, *not_run)
            return
        try:
            elements = self.evaluate(task, items, None)
        except EvaluationError as error:
            elements = error
        except UnansweredError as error:
            what = f"`for_each` of `{task.id}` reads {error.what}"
            raise UnansweredError(what, error.key, error.value) from error
        if not isinstance(elements, list):
            said = "has no value: " + str(elements) if _is_error(elements) else "is no list"
            yield _blocked(task, None, State.FAILED, Why(f"what `for_each` goes over {said}"))
        elif not elements:
            yield _blocked(task, None, State.SKIPPED, Why("the list is empty"))
        else:
            for index in range(len(elements)):
                yield self.body(task, index)

    def instance(self, task: Task, index: Index) -> Instance:
        not_run = self.not_run(task, index)
        return self.body(task, index) if not_run is None else _blocked(task, index, *not_run)

    # --- whether it runs ------------------------------------------------------------------------

    def upstream(self, task: Task, ids: Sequence[str], index: Index) -> list[Instance]:
        """The instances that stand above one: in its own mapped group those of its index."""
        found: list[Instance] = []
        for id in ids:
            ended = self.ended[id]
            if index is not None and self.is_per_index(task, id):
                found.append(ended[index])
            else:
                found.extend(ended)
        return found

    def not_run(self, task: Task, index: Index) -> tuple[State, Why] | None:
        """The state of an instance whose body does not run, or None."""
        if task.teardown_of:
            setups = self.upstream(task, task.teardown_of, index)
            state = decide_teardown([one.state for one in setups])
            return None if state is None else (state, _why("no set-up succeeded", setups))
        closed = self.closed(task, index)
        if closed is not None:
            return State.SKIPPED, closed
        return self.by_rule(task, self.upstream(task, task.upstream, index))

    def closed(self, task: Task, index: Index) -> Why | None:
        """The gate or the branch that skips an instance, whatever its trigger rule says."""
        for gate in self.gates.get(task.id, ()):
            for one in self.upstream(task, [gate], index):
                if one.state is State.SUCCESS and one.output is False:
                    return _why(f"the gate `{gate}` closed", [one])
        for branch, kept in self.kept.items():
            if branch in task.upstream and task.id in self.reached[branch]:
                for one in self.upstream(task, [branch], index):
                    if one.state is State.SUCCESS and not self.chosen(branch, one, task.id, kept):
                        return _why(f"the branch `{branch}` did not choose it", [one])
        return None

    def by_rule(self, task: Task, above: Sequence[Instance]) -> tuple[State, Why] | None:
        state = decide(task.trigger_rule, [one.state for one in above])
        if state is None:
            return None
        return state, _why(f"trigger rule `{task.trigger_rule.value}`", _deciding(state, above))

    def chosen(
        self, branch: str, one: Instance, task: str, kept: Mapping[str, frozenset[str]]
    ) -> bool:
        body = self.pipeline.task(branch).body
        names = one.output if isinstance(one.output, list) else []
        ids = [id for name in names for id in _ids(body, name)]
        return any(task in kept.get(id, ()) for id in ids)  # a teardown is chosen in vain

    # --- what it does ---------------------------------------------------------------------------

    def body(self, task: Task, index: Index) -> Instance:
        """An instance whose rule let it run."""
        outcome = self.given.outcome(task.id, index) or Outcome()
        attempts = task.retries.count + 1

        def ends(state: State, number: int, why: str, output: object = None) -> Instance:
            return Instance(task.id, index, state, number, output, Why(why))

        try:
            if task.when is not True and not self.wanted(task, index):
                return ends(State.SKIPPED, 0, "`when` is false")
            self.read_arguments(task, index)  # a body that never began cannot skip itself
            if outcome.state is State.SKIPPED:
                return ends(State.SKIPPED, 1, "it skipped itself")
            if outcome.state is State.FAILED or outcome.failures >= attempts:
                each = f" in each of its {attempts} attempts" if attempts > 1 else ""
                return ends(State.FAILED, attempts, f"it failed{each}")
            output = self.output(task, outcome, index)
        except EvaluationError as error:
            return ends(State.FAILED, attempts, f"an expression has no value: {error}")
        done = outcome.failures + 1
        return ends(State.SUCCESS, done, "it ran" if done == 1 else f"attempt {done}", output)

    def wanted(self, task: Task, index: Index) -> bool:
        """What ``when`` says."""
        try:
            return boolean(self.evaluate(task, task.when, index))
        except UnansweredError as error:
            what = f"`when` of `{task.id}` reads {error.what}"
            raise UnansweredError(what, error.key, error.value) from error

    def read_arguments(self, task: Task, index: Index) -> None:
        """What the body reads must have a value; what the scenario does not give, may have one."""
        if isinstance(task.body, GateBody | BranchBody):
            return
        values = [value for value, _ in body_values(task)]
        for value in (*values, *task.env.values()):
            try:
                self.evaluate(task, value, index)
            except UnansweredError:
                continue

    def output(self, task: Task, outcome: Outcome, index: Index) -> object:
        match task.body:
            case GateBody() as body:
                if isinstance(outcome.output, bool):
                    return outcome.output
                if body.call is not None:
                    raise UnansweredError(f"what the gate `{task.id}` decides", task.id, "true")
                try:
                    return boolean(self.evaluate(task, body.condition, index))
                except UnansweredError as error:
                    what = f"the gate `{task.id}` reads {error.what}"
                    key, value = (error.key, error.value) if error.key else (task.id, "true")
                    raise UnansweredError(what, key, value) from error
            case BranchBody() as body:
                if isinstance(outcome.output, list):
                    return outcome.output
                if body.call is not None:
                    raise UnansweredError(f"what the branch `{task.id}` chooses", task.id)
                try:
                    for case in body.cases:
                        if boolean(self.evaluate(task, case.condition, index)):
                            return list(case.to)
                except UnansweredError as error:
                    what = f"the branch `{task.id}` reads {error.what}"
                    raise UnansweredError(what, error.key or task.id, error.value) from error
                return list(body.otherwise)
            case NoopBody() | CheckBody():
                return None
            case _:
                return outcome.output

    # --- values ---------------------------------------------------------------------------------

    def evaluate(self, task: Task, value: Value, index: Index) -> Any:
        """A value where a task stands; raises `EvaluationError`, or `UnansweredError`."""
        items = task.for_each.items if task.for_each is not None else None
        group = self.groups[task.id]
        if items is None and group is not None and group.for_each is not None:
            items = group.for_each.items
        item = None
        if index is not None and items is not None:
            item = self.evaluate(task, items, None)[index]
        environment = Environment(
            params=param_values(self.pipeline, self.given.params),
            run=_NotGiven("run"),
            partition=_NotGiven("partition", self.partition()),
            outputs=_Outputs(self, task, index),
            item=item,
            index=index or 0,
            secrets=_NotGiven("secrets"),
            connections=_NotGiven("connections"),
            event=_NotGiven("event"),
        )
        return evaluate(value, environment)

    def partition(self) -> Mapping[str, object]:
        """What is known of the partition that is given."""
        partitions, key = self.pipeline.partitions, self.given.partition
        found = of_key(partitions, key) if partitions and key is not None else None
        return found.fields() if found is not None else {}

    def output_of(self, reader: Task, id: str, index: Index) -> object:
        """``tasks.x.output`` where a task stands: its own index inside a mapped group, elsewhere
        the list."""
        ended = self.ended[id]
        if ended[0].index is None:
            outputs = [ended[0].output]
        elif index is not None and self.is_per_index(reader, id):
            outputs = [ended[index].output]
        else:
            outputs = [[one.output for one in ended]]
        (value,) = outputs
        if value is UNKNOWN or (isinstance(value, list) and UNKNOWN in value):
            raise UnansweredError(f"what `{id}` returns", id, "{output: …}")
        return value


class _Outputs(Mapping[str, object]):
    def __init__(self, run: Run, task: Task, index: Index) -> None:
        self.run, self.task, self.index = run, task, index

    def __getitem__(self, id: str) -> object:
        return self.run.output_of(self.task, id, self.index)

    def __iter__(self) -> Iterator[str]:
        return iter(self.run.ended)

    def __len__(self) -> int:
        return len(self.run.ended)


class _NotGiven(Mapping[str, Any]):
    """What a scenario says nothing about."""

    def __init__(self, name: str, known: Mapping[str, object] | None = None) -> None:
        self.name, self.known = name, known or {}

    def __getitem__(self, key: str) -> Any:
        if key in self.known:
            return self.known[key]
        raise UnansweredError(
            f"`{self.name}.{key}`", "partition" if self.name == "partition" else ""
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def _ids(body: object, name: object) -> tuple[str, ...]:
    """What a chosen name means; the choice of a case is an id already."""
    if isinstance(body, BranchBody) and isinstance(name, str):
        return body.choices.get(name) or (name,)
    return ()


def _is_error(value: object) -> bool:
    return isinstance(value, EvaluationError)


def _blocked(task: Task, index: Index, state: State, why: Why) -> Instance:
    return Instance(task.id, index, state, 0, None, why)


def _why(text: str, causes: Sequence[Instance]) -> Why:
    return Why(text, tuple(Cause(one.task, one.index, one.state) for one in causes))


def _deciding(state: State, above: Sequence[Instance]) -> list[Instance]:
    """Those whose states speak for the answer of a rule, else all."""
    if state is State.UPSTREAM_FAILED:
        return [one for one in above if one.state.is_bad] or list(above)
    return [one for one in above if one.state is State.SKIPPED] or list(above)
