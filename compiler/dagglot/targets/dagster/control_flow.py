"""Where Dagster's own failing and skipping is not what a pipeline means, and what to do there."""

from __future__ import annotations

from collections.abc import Mapping

from dagglot.frozen import dataclass
from dagglot.ir import flow, graph
from dagglot.ir.model import (
    BranchBody,
    ForEach,
    GateBody,
    Pipeline,
    Task,
    TriggerRule,
)

# --- fan-out ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Map:
    """A task or a group with ``for_each``: its id, and the tasks that have an instance each."""

    id: str
    for_each: ForEach
    tasks: tuple[str, ...]


def maps(pipeline: Pipeline) -> tuple[Map, ...]:
    """Groups first; none lies inside another, which the capability table refuses."""
    made = [
        Map(group.id, group.for_each, flow.members(group))
        for group in flow.groups(pipeline.groups)
        if group.for_each is not None
    ]
    made += [
        Map(task.id, task.for_each, (task.id,))
        for task in pipeline.tasks
        if task.for_each is not None
    ]
    return tuple(made)


def map_by_task(pipeline: Pipeline) -> dict[str, Map]:
    return {task: one for one in maps(pipeline) for task in one.tasks}


def gathered(pipeline: Pipeline) -> tuple[str, ...]:
    """The mapped tasks that something waits for outside of their own map."""
    owner = map_by_task(pipeline)
    read = {
        upstream
        for task in pipeline.tasks
        for upstream in task.upstream
        if upstream in owner and owner[upstream] is not owner.get(task.id)
    }
    return tuple(task.id for task in pipeline.tasks if task.id in read)


def order(pipeline: Pipeline) -> tuple[str | Map, ...]:
    """The tasks outside of maps, and the maps as wholes, each after what it waits for."""
    owner = map_by_task(pipeline)
    unit = {task.id: owner[task.id].id if task.id in owner else task.id for task in pipeline.tasks}
    edges: dict[str, list[str]] = {}
    for task in pipeline.tasks:
        own = unit[task.id]
        above = edges.setdefault(own, [])
        above += [unit[id] for id in task.upstream if unit[id] != own and unit[id] not in above]
    by_id = {one.id: one for one in maps(pipeline)}
    return tuple(by_id.get(id, id) for id in graph.topological(edges))


# --- who skips whom -----------------------------------------------------------------------------


def closes(pipeline: Pipeline, gate: str) -> tuple[str, ...]:
    """The tasks that a gate skips, in the author's order."""
    reach = flow.gate_reach(pipeline, gate)
    return tuple(task.id for task in pipeline.tasks if task.id in reach)


def keeps(pipeline: Pipeline, branch: Task) -> dict[str, tuple[str, ...]]:
    """The tasks directly below a branch that stay when a name is chosen, for each such name."""
    kept = flow.kept_by(pipeline, branch.id)
    names: dict[str, tuple[str, ...]] = {id: (id,) for id in kept}
    if isinstance(branch.body, BranchBody) and branch.body.call is not None:
        names = {**branch.body.choices, **names}
    ids = [task.id for task in pipeline.tasks]
    return {
        name: tuple(
            sorted({id for one in chosen for id in kept.get(one, ())}, key=ids.index)
        )
        for name, chosen in names.items()
    }  # fmt: skip


# --- what fails the run -------------------------------------------------------------------------


def quiet(pipeline: Pipeline) -> frozenset[str]:
    """With ``fail_run_on: leaf`` the tasks that do not fail the run by themselves.

    Where everything below a task fails with it, the task may do so too, and is shown as what it is.
    """
    if pipeline.fail_run_on == "any":
        return frozenset()
    leaves = set(flow.leaves(pipeline))
    edges = flow.downstream(pipeline)
    decided: set[str] = set()
    for task in pipeline.tasks:
        if isinstance(task.body, GateBody):
            decided |= flow.gate_reach(pipeline, task.id)
        elif isinstance(task.body, BranchBody):
            decided |= flow.branch_reach(pipeline, task.id)
    mapped = map_by_task(pipeline)
    tasks: Mapping[str, Task] = {task.id: task for task in pipeline.tasks}
    loud: set[str] = set()
    for id in reversed(graph.topological({id: task.upstream for id, task in tasks.items()})):
        passes_on = any(
            below in loud
            and below not in decided
            and below not in mapped
            and tasks[below].trigger_rule is TriggerRule.ALL_SUCCESS
            for below in edges[id]
            if not tasks[below].teardown_of
        )
        if id in leaves or passes_on:
            loud.add(id)
    return frozenset(set(tasks) - loud)
