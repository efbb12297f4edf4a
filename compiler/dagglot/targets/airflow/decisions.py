"""Who decides about the tasks of a mapped group: Airflow, or a step for each element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dagglot.ir import flow
from dagglot.ir.model import (
    BranchBody,
    GateBody,
    Group,
    NoopBody,
    OtherBody,
    Pipeline,
    Task,
    TriggerRule,
    Value,
)
from dagglot.targets.airflow.steps import RULE, edges_to, made_step

_UNMOVED: Final = frozenset({TriggerRule.ALL_DONE, TriggerRule.NONE_FAILED})
"""Rules whose answer one more upstream that succeeded does not change: they bear an edge from the
list, without which Airflow fails what is to run where all above it was skipped early."""
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


class Decisions(ABC):
    """The part of the weaving that is about mapped groups."""

    pipeline: Pipeline
    groups: dict[str, Group]
    before: dict[str, list[Task]]
    decided: dict[str, str]

    @abstractmethod
    def fresh(self, id: str) -> str: ...

    @abstractmethod
    def lists_of(self, tasks: Sequence[str]) -> tuple[str, ...]: ...

    @abstractmethod
    def list_above(self, group: Group) -> tuple[str, ...]: ...

    @abstractmethod
    def needs_all(self, task: Task) -> bool: ...

    @abstractmethod
    def asking(self, task: Task) -> OtherBody: ...

    @abstractmethod
    def behind(self, task: Task, step: str) -> Task: ...

    def in_group(self, task: Task, group: Group) -> Task:
        inside = [id for id in task.upstream if self.groups.get(id) is group]
        if not inside:
            return self.root(task, group)
        gates, branches = self.deciders(task, group)
        if not gates and not branches and task.trigger_rule in _ALONE:
            above = self.list_above(group)
            if not above or task.trigger_rule is TriggerRule.ALL_SUCCESS:
                return task
            if task.trigger_rule in _UNMOVED:
                return replace(task, depends_on=(*task.depends_on, *edges_to(above)))
        alone = task.trigger_rule is TriggerRule.ALL_SUCCESS and len(task.upstream) == 1
        if alone and task.upstream[0] not in (*gates, *branches):
            # a gate further up has skipped the only upstream already
            return task
        settings: dict[str, Value] = {
            "rule": task.trigger_rule.value,
            "upstream": task.upstream,
            "gates": tuple(gates),
            "branches": branches,
            "lists": self.lists_of([id for id in task.upstream if id not in inside])
            if task.trigger_rule is TriggerRule.ONE_DONE
            else (),
        }
        step = made_step(
            self.fresh(f"{task.id}__rule"),
            task.group,
            OtherBody(kind=RULE, settings=settings),
            (*task.depends_on, *(() if alone else edges_to([*gates, *self.list_above(group)]))),
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
        return self.behind(task, self.decided.get(task.id) or self.rule_of_root(task, group))

    def rule_of_root(self, task: Task, group: Group) -> str:
        """A step beside the group that decides about one of its roots, for all elements alike."""
        waits = self.needs_all(task)
        step = made_step(
            self.fresh(f"{flow.beside(group, task.id)}__rule"),
            group.parent,
            self.asking(task) if waits else NoopBody(),
            task.depends_on,
            TriggerRule.ALL_DONE if waits else task.trigger_rule,
        )
        first = next(iter(flow.members(group)))
        self.before.setdefault(first, []).append(step)
        return step.id

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


def _chosen(body: BranchBody) -> tuple[str, ...]:
    return tuple(id for case in (*(case.to for case in body.cases), body.otherwise) for id in case)
