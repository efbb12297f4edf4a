"""Static questions about control flow: what can be skipped, what can fail, who decides about whom.

The answers hold for every run; what one run does is `dagglot.semantics`. Each function wants a
pipeline whose passes have run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from dagglot.ir import graph
from dagglot.ir.model import (
    ApprovalBody,
    BranchBody,
    GateBody,
    Group,
    Pipeline,
    PythonBody,
    SensorBody,
    ShellBody,
    Task,
    TriggerRule,
)


def groups(tree: Sequence[Group]) -> Iterator[Group]:
    """Every group, each before those inside it."""
    for group in tree:
        yield group
        yield from groups(group.groups)


def members(group: Group) -> tuple[str, ...]:
    """The tasks of a group, those of inner groups included, in the author's order."""
    inner = {one.id: members(one) for one in group.groups}
    return tuple(task for id in group.members for task in inner.get(id, (id,)))


def mapped_group(pipeline: Pipeline, task: str) -> Group | None:
    """The innermost group with ``for_each`` that a task is in."""
    found = None
    for group in groups(pipeline.groups):
        if group.for_each is not None and task.startswith(f"{group.id}."):
            found = group
    return found


def beside(group: Group, task: str) -> str:
    """The id of a task of a mapped group for a step that stands beside the group."""
    scope = f"{group.parent}." if group.parent else ""
    return scope + task.removeprefix(scope).replace(".", "__")


def is_mapped(pipeline: Pipeline, task: Task) -> bool:
    """Whether a run has an instance of a task for each element of a list."""
    return task.for_each is not None or mapped_group(pipeline, task.id) is not None


def downstream(pipeline: Pipeline) -> dict[str, tuple[str, ...]]:
    """The direct downstream tasks of each task, in the author's order."""
    found: dict[str, list[str]] = {task.id: [] for task in pipeline.tasks}
    for task in pipeline.tasks:
        for upstream in task.upstream:
            found[upstream].append(task.id)
    return {id: tuple(tasks) for id, tasks in found.items()}


def below(task: str, edges: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Everything downstream of a task, by `downstream`."""
    found: set[str] = set()
    left = list(edges[task])
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend(edges[one])
    return frozenset(found)


def gate_reach(pipeline: Pipeline, gate: str) -> frozenset[str]:
    """What a gate skips when it closes: everything below it, or with ``skips: direct`` what stands
    directly below; never a teardown, and in a mapped group nothing beyond the group."""
    body = pipeline.task(gate).body
    if not isinstance(body, GateBody):
        raise TypeError(f"{gate} is no gate")
    edges = downstream(pipeline)
    reached = below(gate, edges) if body.skips == "all_downstream" else frozenset(edges[gate])
    return _in_reach(pipeline, gate, reached)


def kept_by(pipeline: Pipeline, branch: str) -> dict[str, frozenset[str]]:
    """For each task that a branch may choose: the direct downstream tasks that stay when it is
    chosen: itself, and those that are also downstream of it."""
    edges = downstream(pipeline)
    direct = branch_reach(pipeline, branch)
    return {
        id: frozenset({id, *(below(id, edges) & direct)}) for id in edges[branch] if id in direct
    }


def branch_reach(pipeline: Pipeline, branch: str) -> frozenset[str]:
    """The direct downstream tasks that a branch skips unless it chooses them."""
    return _in_reach(pipeline, branch, frozenset(downstream(pipeline)[branch]))


def _in_reach(pipeline: Pipeline, decider: str, reached: frozenset[str]) -> frozenset[str]:
    group = mapped_group(pipeline, decider)
    return frozenset(
        task.id
        for task in pipeline.tasks
        if task.id in reached
        and not task.teardown_of
        and (group is None or task.id.startswith(f"{group.id}."))
    )


def needed_for(pipeline: Pipeline, tasks: Iterable[str]) -> frozenset[str]:
    """Some tasks, and all that must have succeeded for them to succeed: what stands above them by
    ``all_success``."""
    needed: set[str] = set()
    left = list(tasks)
    while left:
        id = left.pop()
        if id not in needed:
            needed.add(id)
            task = pipeline.task(id)
            if task.trigger_rule is TriggerRule.ALL_SUCCESS and not task.teardown_of:
                left.extend(task.upstream)
    return frozenset(needed)


def leaves(pipeline: Pipeline) -> tuple[str, ...]:
    """The tasks with nothing downstream but teardowns; a teardown is none."""
    teardowns = {task.id for task in pipeline.tasks if task.teardown_of}
    edges = downstream(pipeline)
    return tuple(
        id for id, tasks in edges.items() if id not in teardowns and teardowns.issuperset(tasks)
    )


# --- what may happen to a task ------------------------------------------------------------------

_SKIPS_ON_SKIP: Final = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        TriggerRule.ONE_SUCCESS,
        TriggerRule.ONE_DONE,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
        TriggerRule.NONE_SKIPPED,
    }
)
"""Rules that may skip a task because upstream tasks are skipped, and only then."""

_SKIPS_ANYHOW: Final = frozenset(
    {TriggerRule.ALL_FAILED, TriggerRule.ALL_SKIPPED, TriggerRule.ONE_FAILED}
)
"""Rules that skip a task when its upstream tasks succeed."""


def skips_itself(task: Task) -> bool:
    """Whether an instance of a task may end skipped although its trigger rule let it run."""
    match task.body:
        case PythonBody(skip_on=str()):
            return True
        case ShellBody(skip_exit_code=int()):
            return True
        case SensorBody(on_timeout="skip") | ApprovalBody(on_reject="skip"):
            return True
        case _:
            return task.when is not True


def may_skip(pipeline: Pipeline) -> frozenset[str]:
    """The tasks that may end skipped, in some run."""
    decided: set[str] = set()
    for task in pipeline.tasks:
        if isinstance(task.body, GateBody):
            decided |= gate_reach(pipeline, task.id)
        elif isinstance(task.body, BranchBody):
            decided |= branch_reach(pipeline, task.id)
    for group in groups(pipeline.groups):
        if group.for_each is not None:
            decided.update(members(group))
    found: set[str] = set()
    for task in _in_order(pipeline):
        above = any(id in found for id in task.upstream)
        rule = task.trigger_rule
        if (
            task.id in decided
            or skips_itself(task)
            or task.for_each is not None
            or (above and (task.teardown_of or rule in _SKIPS_ON_SKIP))
            or (task.upstream and rule in _SKIPS_ANYHOW)
        ):
            found.add(task.id)
    return frozenset(found)


def _in_order(pipeline: Pipeline) -> list[Task]:
    tasks = {task.id: task for task in pipeline.tasks}
    return [tasks[id] for id in graph.topological({id: one.upstream for id, one in tasks.items()})]
