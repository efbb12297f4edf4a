"""A pipeline with the steps in it: what each construct of control flow becomes in Airflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dagglot.ir import flow
from dagglot.ir.model import (
    BranchBody,
    ForEach,
    GateBody,
    Group,
    NoopBody,
    OtherBody,
    Pipeline,
    Task,
    TriggerRule,
    Value,
)
from dagglot.ir.task_values import values_of
from dagglot.targets.airflow.decisions import Decisions
from dagglot.targets.airflow.steps import (
    ITEMS,
    RULE,
    Woven,
    body_outputs,
    edges_to,
    made_step,
    outputs_in,
    takes_item,
)
from dagglot.targets.airflow.watching import EARLY, excused, watchers


def woven(pipeline: Pipeline) -> Woven:
    """The pipeline as Airflow gets it."""
    return _Weaver(pipeline).result()


class _Weaver(Decisions):
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.taken = {task.id for task in pipeline.tasks}
        self.taken |= {group.id for group in flow.groups(pipeline.groups)}
        self.entries: dict[str, str] = {}
        self.items: dict[str, str] = {}
        self.setups: dict[str, tuple[str, ...]] = {}
        self.decided: dict[str, str] = {}
        """The step that has decided about a root of a mapped group, already for its list."""
        self.groups: dict[str, Group] = {}
        for task in pipeline.tasks:
            group = flow.mapped_group(pipeline, task.id)
            if group is not None:
                self.groups[task.id] = group
        self.downstream = flow.downstream(pipeline)
        self.watchers = tuple(watchers(pipeline, self.fresh))
        self.before: dict[str, list[Task]] = {}
        """Steps that stand before a task, or before the first task of a group."""

    def result(self) -> Woven:
        pipeline = self.pipeline
        for group in flow.groups(pipeline.groups):
            if group.for_each is not None:
                self.items[group.id] = self.list_of_group(group, group.for_each)
        for task in pipeline.tasks:
            if task.for_each is not None and not _is_literal(task):
                self.items[task.id] = self.fresh(f"{task.id}__items")
        changed = {task.id: self.task(task) for task in pipeline.tasks}
        tasks = tuple(
            one
            for task in pipeline.tasks
            for one in (*self.before.get(task.id, ()), *self.with_update(changed[task.id]))
        )
        made = replace(pipeline, tasks=(*tasks, *map(self.watching, self.watchers)))
        made = replace(made, tasks=tuple(self.below_list(task, made) for task in made.tasks))
        own = {task.id for task in pipeline.tasks}
        steps = frozenset(task.id for task in made.tasks if task.id not in own)
        groups = self.with_steps(made)
        mapped = {task.id for task in made.tasks if task.for_each is not None} | set(groups)
        return Woven(made, steps, self.entries, self.items, groups, self.setups, frozenset(mapped))

    def with_update(self, task: Task) -> Iterator[Task]:
        """A mapped task and the one update of what it produces: Airflow would count an update for
        each instance."""
        group = self.groups.get(task.id)
        if not task.produces or (task.for_each is None and group is None):
            yield task
            return
        yield replace(task, produces=())
        step = made_step(
            self.fresh(f"{task.id if group is None else flow.beside(group, task.id)}__updated"),
            task.group if group is None else group.parent,
            NoopBody(),
            edges_to([task.id]),
            TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
        )
        yield replace(step, produces=task.produces)
        leaf = task.id in flow.leaves(self.pipeline)
        if task.id in excused(self.pipeline) or (self.pipeline.fail_run_on == "leaf" and not leaf):
            yield made_step(
                self.fresh(f"{step.id}__ended"),
                step.group,
                NoopBody(),
                edges_to([step.id]),
                TriggerRule.ALL_DONE,
            )

    def watching(self, watcher: Task) -> Task:
        """A watcher that asks for failures alone: a list that is none is one of its task."""
        if not isinstance(watcher.body, OtherBody) or not watcher.body.settings.get("ids"):
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
                edges = (*task.depends_on, *edges_to([self.items[group.id]]))
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
        # few pipelines need to ask
        from dagglot.semantics.by_chance import deciding_root, list_rule

        tasks = [self.pipeline.task(id) for id in flow.members(group)]
        first = next(iter(flow.members(group)))
        waits = self.waits(group, tasks, outputs_in(each.items))
        self.before.setdefault(first, []).extend(waits)
        root = deciding_root(self.pipeline, group)
        if root is not None:
            self.decided[root.id] = self.rule_of_root(root, group)
        step = made_step(
            self.fresh(f"{group.id}__items"),
            group.parent,
            OtherBody(kind=ITEMS, settings={"in": each.items}),
            edges_to(
                [
                    *(outputs_in(each.items) if root is None else [self.decided[root.id]]),
                    *(one.id for one in waits),
                ]
            ),
            list_rule(self.pipeline, group) if root is None else TriggerRule.ALL_SUCCESS,
        )
        self.before[first].append(step)
        return step.id

    def list_above(self, group: Group) -> tuple[str, ...]:
        """The list of a group in which something may end before the list is there: a root that
        another task above it skips. Airflow fails what it tries to expand without the list."""
        members = flow.members(group)
        inside = set(members)
        tasks = (self.pipeline.task(id) for id in members)
        outside = any(not inside.issuperset(task.upstream) for task in tasks)
        return (self.items[group.id],) if outside else ()

    def waits(self, group: Group, tasks: Sequence[Task], known: Sequence[str]) -> list[Task]:
        """A step that holds the list back until what stands above the group has ended: Airflow
        skips the tasks of a group as soon as their list is known to be empty. What a gate could
        skip along with the list is not waited for."""
        inside = {task.id for task in tasks}
        reached = {
            id
            for one in self.pipeline.tasks
            if isinstance(one.body, GateBody) and one.id not in inside
            for id in (one.id, *flow.gate_reach(self.pipeline, one.id))
        }
        above = [
            id
            for task in tasks
            for id in task.upstream
            if id not in inside and id not in known and id not in reached
            if not isinstance(self.pipeline.task(id).body, BranchBody)
        ]
        if not above or not any(inside.intersection(task.upstream) for task in tasks):
            return []
        name = self.fresh(f"{group.id}__above")
        rule = TriggerRule.ALL_DONE
        return [made_step(name, group.parent, NoopBody(), edges_to(above), rule)]

    def task(self, task: Task) -> Task:
        if task.teardown_of:
            return self.teardown(task)
        if task.id in self.groups:
            return self.in_group(task, self.groups[task.id])
        if self.needs_all(task):
            task = self.asked(task)
        return task if task.for_each is None else self.mapped(task, task.for_each)

    def needs_all(self, task: Task) -> bool:
        """Whether a rule that Airflow answers before all upstreams have ended must wait for them:
        because the task reads what one of them returns, or because its rule tells a failure from
        what it causes, and what was to be expanded over no list is only ``upstream_failed``."""
        if task.trigger_rule not in EARLY:
            return False
        if task.trigger_rule is TriggerRule.ONE_DONE and self.lists_of(task.upstream):
            return True
        read = [id for value, _ in values_of(task) for id in outputs_in(value)]
        group = flow.mapped_group(self.pipeline, task.id)
        if group is not None and group.for_each is not None:
            read += outputs_in(group.for_each.items)
        return any(self.may_be_last(id, task.upstream) for id in read if id in task.upstream)

    def may_be_last(self, id: str, tasks: Sequence[str]) -> bool:
        """Whether one of some tasks, or an instance of it, may end after another."""
        if id in self.groups or self.pipeline.task(id).for_each is not None:
            return True
        below = flow.below(id, self.downstream)
        return any(one != id and one not in below for one in tasks)

    def asked(self, task: Task) -> Task:
        """A task with a step in front of it that asks its rule once all upstreams have ended."""
        step = made_step(
            self.fresh(f"{task.id}__rule"),
            task.group,
            self.asking(task),
            task.depends_on,
            TriggerRule.ALL_DONE,
        )
        self.before.setdefault(task.id, []).append(step)
        return self.behind(task, step.id)

    def asking(self, task: Task) -> OtherBody:
        one_done = task.trigger_rule is TriggerRule.ONE_DONE
        settings: dict[str, Value] = {
            "rule": task.trigger_rule.value,
            "upstream": task.upstream,
            "gates": (),
            "branches": {},
            "lists": self.lists_of(task.upstream) if one_done else (),
        }
        return OtherBody(kind=RULE, settings=settings)

    def lists_of(self, tasks: Sequence[str]) -> tuple[str, ...]:
        """The list steps of some tasks."""
        owners = (self.groups[id].id if id in self.groups else id for id in tasks)
        return tuple(dict.fromkeys(self.items[one] for one in owners if one in self.items))

    def mapped(self, task: Task, each: ForEach) -> Task:
        if task.id not in self.items:
            return task
        step = made_step(
            self.items[task.id],
            task.group,
            OtherBody(kind=ITEMS, settings={"in": each.items}),
            task.depends_on,
            task.trigger_rule,
        )
        self.before.setdefault(task.id, []).append(step)
        return self.behind(task, step.id)

    def unseen(self, step: Task) -> Iterator[Task]:
        """What makes a stand-in no leaf that decides the run; directly below a set-up Airflow wants
        `all_success`."""
        passed = made_step(
            self.fresh(f"{step.id}__passed"),
            step.group,
            NoopBody(),
            edges_to([step.id]),
            TriggerRule.ALL_SUCCESS,
        )
        yield passed
        yield made_step(
            self.fresh(f"{step.id}__ended"),
            step.group,
            NoopBody(),
            edges_to([passed.id]),
            TriggerRule.ALL_DONE,
        )

    def behind(self, task: Task, step: str) -> Task:
        """A task whose step has decided: it runs exactly when the step has succeeded."""
        self.entries.setdefault(task.id, step)
        reads: list[str] = []
        if task.trigger_rule is TriggerRule.ALL_SUCCESS:
            group = self.groups.get(task.id)
            reads = [
                id
                for id in body_outputs(task)
                if id in task.upstream and self.groups.get(id) is group
            ]
        return replace(
            task,
            depends_on=edges_to([step, *reads]),
            trigger_rule=TriggerRule.ALL_SUCCESS,
        )

    # --- teardowns --------------------------------------------------------------------------

    def teardown(self, task: Task) -> Task:
        setups = []
        for id in task.teardown_of:
            setup = self.pipeline.task(id)
            if isinstance(setup.body, GateBody | BranchBody) or binds_only(
                self.pipeline, id, self.watchers
            ):
                setups.append(id)
                continue
            same = self.groups.get(id) is self.groups.get(task.id)
            group = setup if self.groups.get(id) is None or same else task
            alone = same and id in self.groups
            name = f"{group.group}.{setup.name}" if group.group else setup.name
            step = made_step(
                self.fresh(f"{name}__is_up"),
                group.group,
                NoopBody(),
                edges_to([id]),
                TriggerRule.ALL_SUCCESS if alone else TriggerRule.ONE_SUCCESS,
            )
            self.before.setdefault(task.id, []).append(step)
            setups.append(step.id)
            if self.pipeline.fail_run_on == "leaf" or id in excused(self.pipeline):
                self.before[task.id] += self.unseen(step)
        self.setups[task.id] = tuple(setups)
        return replace(task, depends_on=(*task.depends_on, *edges_to(setups)))


def binds_only(pipeline: Pipeline, setup: str, watching: Sequence[Task]) -> bool:
    """Whether all that is below a set-up needs it anyway: Airflow lets nothing between the two run
    unless the set-up succeeded, and refuses other rules directly below it."""
    if any(setup in watcher.upstream for watcher in watching):
        return False
    mapped = {
        id
        for group in flow.groups(pipeline.groups)
        if group.for_each is not None
        for id in flow.members(group)
    }
    below = [pipeline.task(id) for id in flow.below(setup, flow.downstream(pipeline))]
    tasks = [pipeline.task(setup), *below]
    return not any(one.id in mapped or one.for_each is not None for one in tasks) and all(
        one.trigger_rule is TriggerRule.ALL_SUCCESS or one.teardown_of for one in below
    )


def unbearable(pipeline: Pipeline) -> Iterator[tuple[Task, str]]:
    """Teardowns of a gate or a branch, which no step can stand for: it would skip the step."""
    watching = tuple(watchers(pipeline, str))
    for task in pipeline.tasks:
        for id in task.teardown_of:
            decides = isinstance(pipeline.task(id).body, GateBody | BranchBody)
            if decides and not binds_only(pipeline, id, watching):
                yield task, id


def _is_literal(task: Task) -> bool:
    """Whether a list is known, and nothing decides whether it is asked for."""
    items = None if task.for_each is None else task.for_each.items
    return not task.depends_on and isinstance(items, tuple) and not _is_template(items)


def _is_template(value: Value) -> bool:
    """Whether Airflow would render a literal list, or it holds what is known at run time only."""
    if isinstance(value, Mapping):
        return any(_is_template(item) for item in value.values())
    if isinstance(value, tuple):
        return any(_is_template(item) for item in value)
    if isinstance(value, str):
        return any(sign in value for sign in ("{{", "{%", "{#"))
    return not (value is None or isinstance(value, bool | int | float))
