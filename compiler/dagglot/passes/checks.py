"""Checks become tasks of their own, between the task that they check and whoever depends on it.

A check takes over what its task says of attempts, limits and who is told. It runs once, after all
instances of a mapped task; one that reads ``item`` or ``index`` has an instance for each element.
The edges to it are made where all edges are: in the pass ``dependencies``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.expressions.tree import Item, ItemIndex, references
from dagglot.ir.kinds import BranchBody, CheckBody
from dagglot.ir.model import Check, Dependency, Group, Pipeline, Task, changed
from dagglot.ir.task_values import body_values


def checks(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline with a task for each check; findings for checks that cannot be one."""
    if not any(task.checks for task in pipeline.tasks):
        return pipeline, ()
    found: list[Diagnostic] = []
    tasks: list[Task] = []
    made: dict[str, tuple[str, ...]] = {}
    for task in pipeline.tasks:
        if not task.checks:
            tasks.append(task)
            continue
        found.extend(_findings(task))
        if _cannot_have(task):
            tasks.append(changed(task, checks=()))
            continue
        own = tuple({check.name: _task(check, task) for check in task.checks}.values())
        tasks += [changed(task, checks=()), *own]
        made[task.id] = tuple(one.id for one in own)
    groups = tuple(_with_members(group, made) for group in pipeline.groups)
    return replace(pipeline, tasks=tuple(tasks), groups=groups), tuple(found)


def _task(check: Check, task: Task) -> Task:
    made = Task(
        id=f"{task.id}.{check.name}",
        body=CheckBody(look=check.look, of=task.id, name=check.name, severity=check.severity),
        group=task.group,
        owner=task.owner,
        depends_on=(Dependency(task=task.id, span=check.span),),
        timeout=task.timeout,
        pool=task.pool,
        priority=task.priority,
        span=check.span,
        places=check.places,
    )
    if check.severity == "error":
        made = changed(
            made, retries=task.retries, on_failure=task.on_failure, on_retry=task.on_retry
        )
    elif task.timeout is not None:
        # it catches what it raises; its timeout it cannot
        made = changed(made, allow_failure=True)
    leaves = (leaf for value, _ in body_values(made) for leaf in references(value))
    if task.for_each is not None and any(isinstance(leaf, Item | ItemIndex) for leaf in leaves):
        made = changed(made, for_each=task.for_each)
    return made


def _with_members(group: Group, made: Mapping[str, tuple[str, ...]]) -> Group:
    return replace(
        group,
        members=tuple(one for id in group.members for one in (id, *made.get(id, ()))),
        groups=tuple(_with_members(inner, made) for inner in group.groups),
    )


def _findings(task: Task) -> Iterator[Diagnostic]:
    first: dict[str, Check] = {}
    for check in task.checks:
        other = first.setdefault(check.name, check)
        if other is not check:
            yield codes.DUPLICATE_CHECK.at(
                check.places.get("name", check.span),
                task=task.id,
                name=check.name,
                related=(Related(other.places.get("name", other.span), "first defined here"),),
            )
    if what := _cannot_have(task):
        help = "check what stands below it, such as a `noop` with `checks`"
        yield codes.NO_CHECKS_HERE.at(
            task.at("checks"), task=task.id, what=what, help=None if task.teardown_of else help
        )


def _cannot_have(task: Task) -> str:
    if isinstance(task.body, BranchBody):
        return "a branch, which skips all that it does not choose"
    return "a teardown, which only teardowns may wait for" if task.teardown_of else ""
