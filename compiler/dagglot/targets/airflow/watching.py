"""When a run fails: Airflow asks its leaves alone, the language asks every task that counts.

A failure that reaches a leaf needs nothing. Where a failure-tolerant task, or one that may be
skipped, stands in between, a watcher sees it: the pattern that Airflow documents as "watcher".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from dagglot.ir import flow, graph
from dagglot.ir.model import (
    BranchBody,
    Dependency,
    GateBody,
    Group,
    NoopBody,
    OtherBody,
    Pipeline,
    Task,
    TriggerRule,
)

_PASS_ON: Final = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    }
)
"""Rules with which a task is `upstream_failed` as soon as one upstream is bad."""
_MAY_PASS_ON: Final = _PASS_ON | {
    TriggerRule.ONE_SUCCESS,
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
}


WATCHER: Final = "airflow-watcher"
WATCHER_AGAIN: Final = "airflow-watcher-again"
"""A watcher that does what the one called ``like`` does, below other tasks."""

ENDED: Final = "airflow-ended"
"""What lets a run end well below a failure that is allowed, and is executed as any task: Airflow
executes no EmptyOperator, so that the hook in which params are refused would not be asked."""

EARLY: Final = frozenset({TriggerRule.ONE_FAILED, TriggerRule.ONE_SUCCESS, TriggerRule.ONE_DONE})
"""Rules with which a task may run before a gate above it has decided."""


def watchers(pipeline: Pipeline, fresh: Callable[[str], str]) -> Iterator[Task]:
    """The steps at the end of a DAG: what hides an allowed failure, and what sees a hidden one."""
    tasks = {task.id: task for task in pipeline.tasks}
    plain = all(task.trigger_rule is TriggerRule.ALL_SUCCESS for task in pipeline.tasks)
    allowed = any(task.allow_failure for task in pipeline.tasks)
    if plain and not allowed and not flow.may_skip(pipeline):
        return
    forgiven = excused(pipeline)
    hidden = [id for id in flow.leaves(pipeline) if id in forgiven]
    checks = bool(pipeline.params) or pipeline.partitions is not None
    for id in hidden:
        group = flow.mapped_group(pipeline, id)
        yield Task(
            id=fresh(f"{id if group is None else flow.beside(group, id)}__ended"),
            group=tasks[id].group if group is None else group.parent,
            docs=f"Let the run end well, whatever came of `{id}`." if checks else "",
            body=OtherBody(kind=ENDED) if checks else NoopBody(),
            depends_on=(Dependency(task=id),),
            trigger_rule=TriggerRule.ALL_DONE,
        )
    if pipeline.fail_run_on == "leaf":
        counting = [id for id in hidden if not tasks[id].allow_failure]
    else:
        seen = _seen(pipeline, frozenset(hidden))
        counting = [
            id
            for id, task in tasks.items()
            if id not in seen
            and not task.teardown_of
            and not task.allow_failure
            and not _is_plain(task, pipeline)
        ]
    plain_watcher: str | None = None
    for number, ids in enumerate(_together(pipeline, counting), 1):
        exact = any(id in forgiven for id in ids)
        id = fresh("watcher" if number == 1 else f"watcher_{number}")
        body = OtherBody(kind=WATCHER, settings={"ids": ids if exact else ()})
        if not exact and plain_watcher is not None:
            body = OtherBody(kind=WATCHER_AGAIN, settings={"like": plain_watcher})
        elif not exact:
            plain_watcher = id
        yield Task(
            id=id,
            body=body,
            depends_on=tuple(Dependency(task=id) for id in ids),
            trigger_rule=TriggerRule.ALL_DONE if exact else TriggerRule.ONE_FAILED,
        )


def _is_plain(task: Task, pipeline: Pipeline) -> bool:
    """Whether a task cannot fail by itself."""
    return (
        isinstance(task.body, NoopBody)
        and task.when is True
        and task.for_each is None
        and flow.mapped_group(pipeline, task.id) is None
    )


def excused(pipeline: Pipeline) -> frozenset[str]:
    """The tasks that may end badly although no failure counts."""
    found: set[str] = set()
    tasks = {task.id: task for task in pipeline.tasks}
    for id in graph.topological({id: task.upstream for id, task in tasks.items()}):
        task = tasks[id]
        above = any(upstream in found for upstream in task.upstream)
        # Airflow gives up a mapped group without a list as a whole, whatever the rules say
        passes = task.trigger_rule in _MAY_PASS_ON or flow.mapped_group(pipeline, id) is not None
        if task.allow_failure or (above and passes) or task.teardown_of:
            found.add(id)
    return frozenset(found)


def _seen(pipeline: Pipeline, hidden: frozenset[str]) -> frozenset[str]:
    """The tasks whose bad end always makes a leaf end badly."""
    tasks = {task.id: task for task in pipeline.tasks}
    edges = flow.downstream(pipeline)
    leaves = {id for id in flow.leaves(pipeline) if id not in hidden}
    skippable = flow.may_skip(pipeline)
    instances = flow.may_skip(_unmapped(pipeline))
    decided: dict[str, set[str]] = {}
    closed: dict[str, set[str]] = {}
    for id, task in tasks.items():
        reach: frozenset[str] = frozenset()
        if isinstance(task.body, GateBody):
            reach = flow.gate_reach(pipeline, id)
            waits = not any(tasks[one].trigger_rule in EARLY for one in reach)
            if task.body.skips == "all_downstream" and waits:
                for one in reach:
                    closed.setdefault(one, set()).add(id)
        elif isinstance(task.body, BranchBody):
            reach = flow.branch_reach(pipeline, id)
        for one in reach:
            decided.setdefault(one, set()).add(id)

    def passes_on(id: str, child: Task) -> bool:
        if child.teardown_of or child.trigger_rule not in _PASS_ON:
            return False
        # a gate above both has opened where the upper one ran
        if decided.get(child.id, set()) - closed.get(id, set()) - {id}:
            return False
        if child.trigger_rule is not TriggerRule.ALL_SUCCESS:
            return True
        # Airflow takes the first bad or skipped upstream that it sees
        several = flow.is_mapped(pipeline, tasks[id])
        others = any(one in skippable for one in child.upstream if one != id)
        return not others and not (several and id in instances)

    found: set[str] = set()
    for id in reversed(graph.topological({id: task.upstream for id, task in tasks.items()})):
        if id in leaves or any(
            child in found and passes_on(id, tasks[child]) for child in edges[id]
        ):
            found.add(id)
    return frozenset(found)


def _unmapped(pipeline: Pipeline) -> Pipeline:
    """The pipeline as one element sees it."""
    return replace(
        pipeline,
        tasks=tuple(replace(task, for_each=None) for task in pipeline.tasks),
        groups=tuple(map(_plain_group, pipeline.groups)),
    )


def _plain_group(group: Group) -> Group:
    return replace(group, for_each=None, groups=tuple(map(_plain_group, group.groups)))


def _together(pipeline: Pipeline, ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The tasks that one watcher can watch: a gate skips the watchers below it along with all that
    they watch, and one directly below a gate or a branch is skipped by that alone."""
    gates: dict[str, list[str]] = {}
    for task in pipeline.tasks:
        inside = flow.mapped_group(pipeline, task.id) is not None
        if isinstance(task.body, GateBody) and task.body.skips == "all_downstream" and not inside:
            for id in flow.gate_reach(pipeline, task.id):
                gates.setdefault(id, []).append(task.id)
    made: dict[tuple[str, ...], list[str]] = {}
    for id in ids:
        decides = isinstance(pipeline.task(id).body, GateBody | BranchBody)
        inside = flow.mapped_group(pipeline, id) is not None
        key = (id, "") if decides and not inside else tuple(gates.get(id, ()))
        made.setdefault(key, []).append(id)
    yield from map(tuple, made.values())
