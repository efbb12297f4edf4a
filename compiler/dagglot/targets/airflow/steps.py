"""What stands in a DAG besides the pipeline's own tasks, so that it ends as the language says.

A step is a task like any other once it is woven in, so that order, edges and names treat it so:

- ``x__items`` makes the list of a ``for_each``. It takes the trigger rule, the gates and the
  branches of what it expands, and so a rule is decided once, before there are instances.
- ``x__rule`` decides for a task of a mapped group where Airflow's own rules, gates and branches do
  not (`_needs_rule`): Airflow 3.3 ignores gates and branches in mapped groups, and both versions
  ask some rules about the instances of all indexes.
- ``x__is_up`` stands for a set-up, where Airflow would bind more than the teardown to it.
- watchers and ``x__ended`` (watching.py) let the run end as it should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from dagglot.expressions.tree import Item, TaskOutput, references
from dagglot.ir import flow
from dagglot.ir.model import (
    BranchBody,
    Dependency,
    ForEach,
    GateBody,
    Group,
    NoopBody,
    OtherBody,
    Pipeline,
    Retries,
    Task,
    TriggerRule,
    Value,
)
from dagglot.passes.dependencies import values_of
from dagglot.targets.airflow.kinds import is_function, values_in
from dagglot.targets.airflow.watching import watchers

ITEMS: Final = "airflow-items"
RULE: Final = "airflow-rule"
WATCHER: Final = "airflow-watcher"

Edge: TypeAlias = tuple[str, str]

_ALONE: Final = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.ALL_FAILED,
        TriggerRule.ALL_DONE,
        TriggerRule.ALL_SKIPPED,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_SKIPPED,
    }
)
"""Rules that Airflow asks, in a mapped group, about the instances of one index alone."""


@dataclass(frozen=True, slots=True)
class Woven:
    """A pipeline with the steps in it."""

    pipeline: Pipeline
    steps: frozenset[str] = frozenset()
    entries: Mapping[str, str] = field(default_factory=dict)
    """The step in which a task begins, for whoever chooses or skips it."""
    items: Mapping[str, str] = field(default_factory=dict)
    """The list step of a mapped task, or of a mapped group."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    """The mapped group that a task is in."""
    setups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What Airflow is told to be the set-ups of a teardown."""

    mapped: frozenset[str] = frozenset()
    """The tasks that have several instances."""

    def is_mapped(self, task: str) -> bool:
        return task in self.mapped

    def together(self, task: str, other: str) -> bool:
        """Whether two tasks have one instance each for the same element."""
        one = self.groups.get(task)
        return one is not None and one is self.groups.get(other)


def takes_item(task: Task) -> bool:
    """Whether the element is an argument of the task's function: in a mapped group that makes an
    edge from the list, which no other rule can bear."""
    if not is_function(task) or task.trigger_rule is not TriggerRule.ALL_SUCCESS:
        return False
    leaves = (leaf for value in values_in(task) for leaf in references(value))
    return any(isinstance(leaf, Item) for leaf in leaves)


def woven(pipeline: Pipeline) -> Woven:
    """The pipeline as Airflow gets it."""
    return _Weaver(pipeline).result()


class _Weaver:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.taken = {task.id for task in pipeline.tasks}
        self.taken |= {group.id for group in flow.groups(pipeline.groups)}
        self.entries: dict[str, str] = {}
        self.items: dict[str, str] = {}
        self.setups: dict[str, tuple[str, ...]] = {}
        self.groups: dict[str, Group] = {}
        for task in pipeline.tasks:
            group = flow.mapped_group(pipeline, task.id)
            if group is not None:
                self.groups[task.id] = group
        self.before: dict[str, list[Task]] = {}
        """Steps that stand before a task, or before the first task of a group."""

    def result(self) -> Woven:
        pipeline = self.pipeline
        for group in flow.groups(pipeline.groups):
            if group.for_each is not None:
                self.items[group.id] = self.list_of_group(group, group.for_each)
        changed = {task.id: self.task(task) for task in pipeline.tasks}
        tasks = tuple(
            one
            for task in pipeline.tasks
            for one in (*self.before.get(task.id, ()), changed[task.id])
        )
        made = replace(
            pipeline, tasks=(*tasks, *map(self.watching, watchers(pipeline, self.fresh)))
        )
        made = replace(made, tasks=tuple(self.below_list(task, made) for task in made.tasks))
        own = {task.id for task in pipeline.tasks}
        steps = frozenset(task.id for task in made.tasks if task.id not in own)
        groups = self.with_steps(made)
        mapped = {task.id for task in made.tasks if task.for_each is not None} | set(groups)
        return Woven(made, steps, self.entries, self.items, groups, self.setups, frozenset(mapped))

    def watching(self, watcher: Task) -> Task:
        """A watcher that asks for failures alone: a list that is none is one of its task."""
        if not isinstance(watcher.body, OtherBody) or not watcher.body.settings["ids"]:
            return watcher
        lists = []
        for id in watcher.upstream:
            group = self.groups.get(id)
            step = self.items.get(id if group is None else group.id)
            if step is not None and step not in lists:
                lists.append(step)
        ids = (*watcher.upstream, *lists)
        return replace(watcher, body=replace(watcher.body, settings={"ids": ids}))

    def below_list(self, task: Task, made: Pipeline) -> Task:
        """The edges that Airflow makes itself: from the list of a mapped group to its roots, and
        to what is given the item."""
        for group in flow.groups(made.groups):
            if group.for_each is None or not task.id.startswith(f"{group.id}."):
                continue
            root = not any(id.startswith(f"{group.id}.") for id in task.upstream)
            if root or takes_item(task):
                edges = (*task.depends_on, *_edges([self.items[group.id]]))
                return replace(task, depends_on=edges)
        return task

    def with_steps(self, made: Pipeline) -> dict[str, Group]:
        found = {}
        for task in made.tasks:
            for group in flow.groups(self.pipeline.groups):
                if group.for_each is not None and task.id.startswith(f"{group.id}."):
                    found[task.id] = group
        return found

    def fresh(self, id: str) -> str:
        while id in self.taken:
            id += "_"
        self.taken.add(id)
        return id

    # --- lists ------------------------------------------------------------------------------

    def list_of_group(self, group: Group, each: ForEach) -> str:
        """The list of a mapped group; its tasks' rules are decided apart from it."""
        tasks = [self.pipeline.task(id) for id in flow.members(group)]
        strict = all(task.trigger_rule is TriggerRule.ALL_SUCCESS for task in tasks)
        step = _step(
            self.fresh(f"{group.id}__items"),
            group.parent,
            OtherBody(kind=ITEMS, settings={"in": each.items}),
            _edges(_reads(each.items)),
            TriggerRule.ALL_SUCCESS if strict else TriggerRule.ALL_DONE,
        )
        first = next(iter(flow.members(group)))
        self.before.setdefault(first, []).append(step)
        return step.id

    def task(self, task: Task) -> Task:
        if task.teardown_of:
            return self.teardown(task)
        if task.for_each is not None:
            return self.mapped(task, task.for_each)
        if task.id in self.groups:
            return self.in_group(task, self.groups[task.id])
        return task

    def mapped(self, task: Task, each: ForEach) -> Task:
        if not task.depends_on and isinstance(each.items, tuple) and not _is_template(each.items):
            return task
        step = _step(
            self.fresh(f"{task.id}__items"),
            task.group,
            OtherBody(kind=ITEMS, settings={"in": each.items}),
            task.depends_on,
            task.trigger_rule,
        )
        self.before.setdefault(task.id, []).append(step)
        self.items[task.id] = step.id
        return self.behind(task, step.id)

    # --- mapped groups ----------------------------------------------------------------------

    def in_group(self, task: Task, group: Group) -> Task:
        inside = [id for id in task.upstream if self.groups.get(id) is group]
        if not inside:
            return self.root(task, group)
        gates, branches = self.deciders(task, group)
        if not gates and not branches and task.trigger_rule in _ALONE:
            return task
        alone = task.trigger_rule is TriggerRule.ALL_SUCCESS and len(task.upstream) == 1
        if alone and task.upstream[0] not in (*gates, *branches):
            # a gate further up has skipped the only upstream already
            return task
        settings: dict[str, Value] = {
            "rule": task.trigger_rule.value,
            "upstream": task.upstream,
            "gates": tuple(gates),
            "branches": branches,
        }
        step = _step(
            self.fresh(f"{task.id}__rule"),
            task.group,
            OtherBody(kind=RULE, settings=settings),
            (*task.depends_on, *(() if alone else _edges(gates))),
            TriggerRule.ALL_SUCCESS if alone else TriggerRule.ALL_DONE,
        )
        self.before.setdefault(task.id, []).append(step)
        return self.behind(task, step.id)

    def root(self, task: Task, group: Group) -> Task:
        """A task that stands below the list itself: only `all_success` can bear another edge."""
        if task.trigger_rule is TriggerRule.ALL_SUCCESS:
            return task
        if not task.depends_on:
            return replace(task, trigger_rule=TriggerRule.ALL_SUCCESS)
        scope = f"{group.parent}." if group.parent else ""
        inner = task.id.removeprefix(scope).replace(".", "__")
        step = _step(
            self.fresh(f"{scope}{inner}__rule"),
            group.parent,
            NoopBody(),
            task.depends_on,
            task.trigger_rule,
        )
        first = next(iter(flow.members(group)))
        self.before.setdefault(first, []).append(step)
        return self.behind(task, step.id)

    def deciders(self, task: Task, group: Group) -> tuple[list[str], dict[str, Value]]:
        """The gates and branches of the group that decide about one of its tasks, and the gates
        outside that Airflow would forget once the task has instances."""
        gates: list[str] = []
        branches: dict[str, Value] = {}
        for one in self.pipeline.tasks:
            match one.body:
                case GateBody():
                    outside = self.groups.get(one.id) is not group
                    if outside and task.trigger_rule is TriggerRule.ALL_SUCCESS:
                        continue
                    if task.id in flow.gate_reach(self.pipeline, one.id):
                        gates.append(one.id)
                case BranchBody(choices=choices) as body if self.groups.get(one.id) is group:
                    if task.id in flow.branch_reach(self.pipeline, one.id):
                        kept = flow.kept_by(self.pipeline, one.id)
                        names = {**{id: (id,) for id in _chosen(body)}, **choices}
                        branches[one.id] = tuple(
                            name
                            for name, ids in names.items()
                            if any(task.id in kept.get(id, ()) for id in ids)
                        )
                case _:
                    pass
        return gates, branches

    def behind(self, task: Task, step: str) -> Task:
        """A task whose step has decided: it runs exactly when the step has succeeded."""
        self.entries[task.id] = step
        reads: list[str] = []
        if task.trigger_rule is TriggerRule.ALL_SUCCESS:
            group = self.groups.get(task.id)
            reads = [
                id
                for id in _body_reads(task)
                if id in task.upstream and self.groups.get(id) is group
            ]
        return replace(
            task,
            depends_on=_edges([step, *reads]),
            trigger_rule=TriggerRule.ALL_SUCCESS,
        )

    # --- teardowns --------------------------------------------------------------------------

    def teardown(self, task: Task) -> Task:
        setups = []
        for id in task.teardown_of:
            setup = self.pipeline.task(id)
            if isinstance(setup.body, GateBody | BranchBody) or self.binds_only(id):
                setups.append(id)
                continue
            same = self.groups.get(id) is self.groups.get(task.id)
            group = setup if self.groups.get(id) is None or same else task
            alone = same and id in self.groups
            name = f"{group.group}.{setup.name}" if group.group else setup.name
            step = _step(
                self.fresh(f"{name}__is_up"),
                group.group,
                NoopBody(),
                _edges([id]),
                TriggerRule.ALL_SUCCESS if alone else TriggerRule.ONE_SUCCESS,
            )
            self.before.setdefault(task.id, []).append(step)
            setups.append(step.id)
        self.setups[task.id] = tuple(setups)
        return replace(task, depends_on=(*task.depends_on, *_edges(setups)))

    def binds_only(self, setup: str) -> bool:
        """Whether all that is below a set-up needs it anyway: Airflow lets nothing between the two
        run unless the set-up succeeded, and refuses other rules directly below it."""
        edges = flow.downstream(self.pipeline)
        below = [self.pipeline.task(id) for id in flow.below(setup, edges)]
        tasks = [self.pipeline.task(setup), *below]
        return not any(one.id in self.groups or one.for_each is not None for one in tasks) and all(
            one.trigger_rule is TriggerRule.ALL_SUCCESS or one.teardown_of for one in below
        )


def _step(
    id: str, group: str, body: OtherBody | NoopBody, edges: Sequence[Dependency], rule: TriggerRule
) -> Task:
    unique = tuple({edge.task: edge for edge in edges}.values())
    return Task(
        id=id, group=group, body=body, depends_on=unique, trigger_rule=rule, retries=Retries()
    )


def _edges(ids: Iterator[str] | Sequence[str]) -> tuple[Dependency, ...]:
    return tuple(Dependency(task=id) for id in dict.fromkeys(ids))


def _reads(value: Value) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(leaf.task for leaf in references(value) if isinstance(leaf, TaskOutput))
    )


def _body_reads(task: Task) -> list[str]:
    """The outputs that the instances of a task read, not those that make its list."""
    found: dict[str, None] = {}
    for value, key in values_of(task):
        if key != "for_each":
            found.update(dict.fromkeys(_reads(value)))
    return list(found)


def _chosen(body: BranchBody) -> tuple[str, ...]:
    return tuple(id for case in (*(case.to for case in body.cases), body.otherwise) for id in case)


def _is_template(value: Value) -> bool:
    """Whether Airflow would render a literal list, or it holds what is known at run time only."""
    if isinstance(value, Mapping):
        return any(_is_template(item) for item in value.values())
    if isinstance(value, tuple):
        return any(_is_template(item) for item in value)
    if isinstance(value, str):
        return any(sign in value for sign in ("{{", "{%", "{#"))
    return not (value is None or isinstance(value, bool | int | float))
