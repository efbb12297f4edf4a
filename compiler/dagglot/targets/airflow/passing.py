"""Which outputs are arguments of a task, which makes edges of their own, and which it pulls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from dagglot.expressions.tree import TaskOutput
from dagglot.ir import flow, graph
from dagglot.ir.model import (
    BranchBody,
    GateBody,
    HttpBody,
    NativeBody,
    NoopBody,
    OtherBody,
    Pipeline,
    PythonBody,
    ShellBody,
    Task,
    TriggerRule,
    Value,
)
from dagglot.targets.airflow import kinds
from dagglot.targets.airflow.order import child_of
from dagglot.targets.airflow.steps import Woven


class Passing:
    """The values that go from task to task in one DAG file."""

    def __init__(self, woven: Woven) -> None:
        self.woven = woven

    @cached_property
    def outputs(self) -> Mapping[str, tuple[str, ...]]:
        """For each task those whose outputs it is given, the list that it is expanded over last."""
        tasks = self.woven.pipeline.tasks
        given = {task.id: self._given(task) for task in tasks}
        lists = set(self.woven.items.values())
        if self.woven.groups and graph.cycle(self._blocks(given)) is not None:
            # a mapped group is one function: it cannot be left and resumed
            given = {task.id: () for task in tasks}
        for task in tasks:
            own = tuple(id for id in task.upstream if id in lists and self._is_list_of(id, task))
            given[task.id] = (*given[task.id], *own)
        return given

    def edges(self) -> frozenset[tuple[str, str]]:
        """The edges that need no `>>`."""
        made = {(id, task) for task, ids in self.outputs.items() for id in ids}
        made |= {(id, task) for task, ids in self.woven.setups.items() for id in ids}
        return frozenset(made)

    def arguments(self, task: Task) -> tuple[str, ...]:
        """The outputs that the task's function is called with."""
        items = set(self.woven.items.values())
        return tuple(id for id in self.outputs[task.id] if id not in items)

    def is_passed(self, task: str) -> bool:
        """Whether the file refers to what a task returns."""
        return task in self._passed

    def is_listed(self, task: str) -> bool:
        """Whether the outputs of a task's instances are an argument as one list."""
        return task in self._listed

    @cached_property
    def _listed(self) -> frozenset[str]:
        woven = self.woven
        return frozenset(
            id
            for task, ids in self.outputs.items()
            for id in ids
            if woven.is_mapped(id) and not woven.together(task, id)
        )

    @cached_property
    def _passed(self) -> frozenset[str]:
        lists = frozenset(self.woven.items.values())
        return lists.union(*self.outputs.values())

    def _is_list_of(self, step: str, task: Task) -> bool:
        group = self.woven.groups.get(task.id)
        if group is not None and (
            isinstance(task.body, OtherBody) or task.trigger_rule is not TriggerRule.ALL_SUCCESS
        ):
            return False  # what decides in a mapped group stands below the list by an edge alone
        return self.woven.items.get(task.id if group is None else group.id) == step

    def _given(self, task: Task) -> tuple[str, ...]:
        if isinstance(task.body, NativeBody):
            call = task.body.calls.get("airflow")
            found = dict.fromkeys(_whole_outputs(call.args)) if call is not None else {}
            return tuple(found)
        if not kinds.is_function(task):
            return ()
        return tuple(id for id in kinds.reads(task) if self._may_pass(task, id))

    def _may_pass(self, task: Task, id: str) -> bool:
        woven = self.woven
        if id not in task.upstream or woven.groups.get(id) is not woven.groups.get(task.id):
            return False
        if not woven.is_mapped(id):
            return True
        if task.trigger_rule is not TriggerRule.ALL_SUCCESS:
            return False
        return woven.together(task.id, id) or _has_outputs(woven.pipeline.task(id))

    def _blocks(self, given: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
        """The edges between what stands in each block of the file, at every level."""
        found: dict[str, list[str]] = {}
        group_of = {task.id: task.group for task in self.woven.pipeline.tasks}
        for task, ids in given.items():
            for id in ids:
                scope, one, other = "", "", ""
                while one == other:
                    scope = one
                    one = child_of(scope, task, group_of)
                    other = child_of(scope, id, group_of)
                found.setdefault(one, []).append(other)
        return found


def without_null(pipeline: Pipeline) -> Iterator[tuple[Task, str]]:
    """Natives that are given the outputs of a mapped task as Airflow lists them, without null."""
    for task in pipeline.tasks:
        if not isinstance(task.body, NativeBody) or "airflow" not in task.body.calls:
            continue
        group = flow.mapped_group(pipeline, task.id)
        for id in dict.fromkeys(_whole_outputs(task.body.calls["airflow"].args)):
            above = pipeline.task(id)
            same = group is not None and flow.mapped_group(pipeline, id) == group
            may_be_null = isinstance(above.body, NoopBody | ShellBody) and not _has_outputs(above)
            if may_be_null and flow.is_mapped(pipeline, above) and not same:
                yield task, id


def _has_outputs(task: Task) -> bool:
    """Whether each instance that succeeds leaves an output in Airflow, which drops None; what a
    Python function returns is kept by a helper."""
    match task.body:
        case ShellBody(output=output):
            return output == "text"
        case HttpBody(output=output):
            return output == "text"
        case PythonBody() | GateBody() | BranchBody():
            return True
        case _:
            return False


def _whole_outputs(value: Value) -> Iterator[str]:
    if isinstance(value, TaskOutput):
        yield value.task
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _whole_outputs(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _whole_outputs(item)
