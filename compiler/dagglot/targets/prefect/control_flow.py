"""Which control flow Prefect has no word for: what the helpers for trigger rules are needed for."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import field

from dagglot.frozen import dataclass
from dagglot.ir import flow
from dagglot.ir.model import BranchBody, ForEach, GateBody, Pipeline, Task, TriggerRule


def needs_rules(pipeline: Pipeline) -> bool:
    """Whether Prefect's own rule, all upstream completed, is not enough.

    A skipped task counts as completed there, so it is enough only where none is upstream.
    """
    if mapped_ids(pipeline) or any(
        task.teardown_of
        or task.allow_failure
        or (task.produces and flow.skips_itself(task))  # what is skipped updates nothing
        or (task.upstream and task.trigger_rule is not TriggerRule.ALL_SUCCESS)
        for task in pipeline.tasks
    ):
        return True
    edges = flow.downstream(pipeline)
    return any(
        edges[task.id] and (flow.skips_itself(task) or isinstance(task.body, GateBody | BranchBody))
        for task in pipeline.tasks
    )


def mapped_ids(pipeline: Pipeline) -> tuple[str, ...]:
    """The tasks and groups with ``for_each``."""
    tasks = (task.id for task in pipeline.tasks if task.for_each is not None)
    groups = (one.id for one in flow.groups(pipeline.groups) if one.for_each is not None)
    return (*tasks, *groups)


def elements_of(pipeline: Pipeline, task: Task) -> tuple[str, ForEach] | None:
    """The list that a task has instances for, and the id of the task or group that says so."""
    if task.for_each is not None:
        return task.id, task.for_each
    group = flow.mapped_group(pipeline, task.id)
    return (group.id, group.for_each) if group is not None and group.for_each is not None else None


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who may skip a task besides its rule: gates, and branches with the names that keep it."""

    gates: Mapping[str, list[str]] = field(default_factory=dict)
    branches: Mapping[str, dict[str, list[str]]] = field(default_factory=dict)


def deciders(pipeline: Pipeline) -> Deciders:
    """The gates that reach each task, and the branches directly above it, each by their ids."""
    gates: dict[str, list[str]] = {}
    branches: dict[str, dict[str, list[str]]] = {}
    for task in pipeline.tasks:
        if isinstance(task.body, GateBody):
            for reached in flow.gate_reach(pipeline, task.id):
                gates.setdefault(reached, []).append(task.id)
        elif isinstance(task.body, BranchBody):
            kept = flow.kept_by(pipeline, task.id)
            names = choices(task.body)
            for reached in flow.branch_reach(pipeline, task.id):
                branches.setdefault(reached, {})[task.id] = [
                    name
                    for name, chosen in names.items()
                    if any(reached in kept.get(one, ()) for one in chosen)
                ]
    return Deciders(gates, branches)


def choices(body: BranchBody) -> dict[str, tuple[str, ...]]:
    """Every name that a branch may return, with the tasks that it means."""
    if body.call is not None:
        return dict(body.choices)
    written = (*(id for case in body.cases for id in case.to), *body.otherwise)
    return {id: (id,) for id in written}


def order(pipeline: Pipeline) -> tuple[str, ...]:
    """The tasks in the order of submission: each after its upstream, otherwise by priority, then as
    written.

    The flow waits for the list of a mapped task, so whatever need not wait for that comes first.
    """
    place = {task.id: number for number, task in enumerate(pipeline.tasks)}
    waits = set(_waiting(pipeline))
    missing = {task.id: len(set(task.upstream)) for task in pipeline.tasks}
    edges = flow.downstream(pipeline)
    priority = {task.id: -(task.priority or 0) for task in pipeline.tasks}

    def key(id: str) -> tuple[bool, int, int, str]:
        return id in waits, priority[id], place[id], id

    ready = [key(id) for id, count in missing.items() if not count]
    heapq.heapify(ready)
    found: list[str] = []
    while ready:
        *_, one = heapq.heappop(ready)
        found.append(one)
        for below in edges[one]:
            missing[below] -= 1
            if not missing[below]:
                heapq.heappush(ready, key(below))
    return tuple(found)


def _waiting(pipeline: Pipeline) -> Iterator[str]:
    for task in pipeline.tasks:
        group = flow.mapped_group(pipeline, task.id)
        if (task.for_each is not None and task.upstream) or (
            group is not None and not any(id.startswith(f"{group.id}.") for id in task.upstream)
        ):
            yield task.id
