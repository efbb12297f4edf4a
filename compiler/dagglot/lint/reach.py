"""Tasks that no outcome of a branch lets run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.ir import graph
from dagglot.ir.kinds import BranchBody
from dagglot.ir.model import Group, Pipeline, Task, TriggerRule
from dagglot.lint.texts import Look

_ANY_SKIPPED: Final = frozenset({TriggerRule.ALL_SUCCESS, TriggerRule.NONE_SKIPPED})
_ALL_SKIPPED: Final = frozenset(
    {
        TriggerRule.ONE_SUCCESS,
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    }
)
"""Rules that skip a task when one, or when all, of its upstreams were skipped."""


def reach(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:  # noqa: ARG001
    """The first tasks, in each direction, that are skipped whatever a branch chooses."""
    branches = [
        task
        for task in pipeline.tasks
        if isinstance(task.body, BranchBody) and task.body.call is None
    ]
    if not branches:
        return
    tasks = {task.id: task for task in pipeline.tasks}
    upstream = {task.id: task.upstream for task in pipeline.tasks}
    order = graph.topological(upstream)
    for branch in branches:
        inside = _mapped_group(branch, pipeline.groups)  # a branch in it reaches nothing beyond
        reached = [id for id in order if id.startswith(inside)]
        never = _never(branch, tasks, upstream, reached)
        for id in never:
            if never.isdisjoint(upstream[id]):
                yield _finding(tasks[id], branch)


def _mapped_group(task: Task, groups: Sequence[Group]) -> str:
    """How the ids begin of all in the innermost group with a `for_each` around a task, if any."""
    for group in groups:
        if task.id.startswith(f"{group.id}."):
            return _mapped_group(task, group.groups) or (f"{group.id}." if group.for_each else "")
    return ""


def _never(
    branch: Task,
    tasks: Mapping[str, Task],
    upstream: Mapping[str, Sequence[str]],
    order: Sequence[str],
) -> set[str]:
    assert isinstance(branch.body, BranchBody)  # noqa: S101 - asked for by the caller
    outcomes = {*(case.to for case in branch.body.cases), branch.body.otherwise}
    below = [id for id in order if branch.id in upstream[id]]
    skipped = [_skipped(set(chosen), below, tasks, upstream, order) for chosen in outcomes]
    return set.intersection(*skipped)


def _skipped(
    chosen: set[str],
    below: Sequence[str],
    tasks: Mapping[str, Task],
    upstream: Mapping[str, Sequence[str]],
    order: Sequence[str],
) -> set[str]:
    """What is skipped if a branch chooses these and nothing else goes wrong."""
    kept = set(chosen)
    for id in order:
        if not kept.isdisjoint(upstream[id]):
            kept.add(id)
    skipped = {id for id in below if id not in kept and not tasks[id].teardown_of}
    for id in order:
        task, needs = tasks[id], upstream[id]
        if not needs or task.teardown_of:
            continue
        hit = sum(need in skipped for need in needs)
        some, every = task.trigger_rule in _ANY_SKIPPED, task.trigger_rule in _ALL_SKIPPED
        if (some and hit) or (every and hit == len(needs)):
            skipped.add(id)
    return skipped


def _finding(task: Task, branch: Task) -> Diagnostic:
    if branch.id in task.upstream:
        why = f"it stands below the branch `{branch.id}`, which never chooses it"
        help = None
    else:
        why = f"whatever the branch `{branch.id}` chooses, something above it is skipped"
        help = "`trigger_rule: none_failed_min_one_success`"
    return advice.NEVER_RUNS.at(
        task.span, task=task.id, why=why, help=help, related=(Related(branch.span, "the branch"),)
    )
