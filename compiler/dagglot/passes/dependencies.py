"""Edges between tasks alone: of ``depends_on``, of expressions, of groups; and no cycle.

To depend on a group is to depend on its leaves; a group's own ``depends_on`` applies to its roots.
Roots and leaves count the edges inside the group (semantics.md, "Groups"), so groups are worked
from the innermost outwards. Whoever depends on a task depends on its checks too, but for those that
only warn; a check is no leaf.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from operator import is_
from typing import Final, TypeVar

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.expressions.tree import TaskOutput, references
from dagglot.ir import graph
from dagglot.ir.model import (
    CheckBody,
    Dependency,
    Group,
    Pipeline,
    Task,
    TriggerRule,
    changed,
)
from dagglot.ir.task_values import values_of

_T = TypeVar("_T")


def dependencies(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline with every edge written, between tasks; findings for cycles."""
    found: list[Diagnostic] = []
    edges = _Edges(pipeline)
    for task in pipeline.tasks:
        edges.direct[task.id] = (*task.depends_on, *_implicit(task, found), *_set_ups(task))
    groups = tuple(edges.group(group) for group in pipeline.groups)
    tasks = [_with_edges(task, edges) for task in pipeline.tasks]
    for task in tasks:
        found.extend(_unwritten(task))
    found.extend(_cycles(tasks))
    return replace(pipeline, tasks=tuple(tasks), groups=groups), tuple(found)


def _with_edges(task: Task, edges: _Edges) -> Task:
    made, own = edges.expanded(task.id), task.depends_on
    # most tasks have all their edges already, and a task is large
    if len(made) != len(own) or not all(map(is_, made, own)):
        task = changed(task, depends_on=made)
    if task.teardown_of:
        task = changed(task, teardown_of=edges.tasks_of(task.teardown_of))
    return task


class _Edges:
    def __init__(self, pipeline: Pipeline) -> None:
        self.teardowns = {task.id for task in pipeline.tasks if task.teardown_of}
        self.checks: dict[str, tuple[str, ...]] = {}
        """The checks of a task, but for those that only warn."""
        self.check_of: dict[str, str] = {}
        for task in pipeline.tasks:
            if isinstance(task.body, CheckBody):
                of = self.check_of[task.id] = task.body.of
                if task.body.severity == "error":
                    self.checks[of] = (*self.checks.get(of, ()), task.id)
        self.members: dict[str, tuple[str, ...]] = {}
        for group in pipeline.groups:
            self.collect(group)
        self.direct: dict[str, tuple[Dependency, ...]] = {}
        self.leaves: dict[str, tuple[str, ...]] = {}

    def collect(self, group: Group) -> tuple[str, ...]:
        """The tasks of a group, those of inner groups included, in the author's order."""
        inner = {one.id: self.collect(one) for one in group.groups}
        tasks = tuple(id for member in group.members for id in inner.get(member, (member,)))
        self.members[group.id] = tasks
        return tasks

    def group(self, group: Group) -> Group:
        inner = tuple(self.group(one) for one in group.groups)
        tasks = self.members[group.id]
        edges = {id: [edge.task for edge in self.expanded(id)] for id in tasks}
        # a teardown is no leaf, and what it alone waits for is one
        work = [id for id in tasks if id not in self.teardowns and id not in self.check_of]
        self.leaves[group.id] = graph.leaves(work or tasks, edges)
        for root in graph.roots(tasks, edges):
            known = {edge.task for edge in self.direct[root] if not edge.implicit}
            added = tuple(edge for edge in group.depends_on if edge.task not in known)
            written = {edge.task for edge in added}
            own = (edge for edge in self.direct[root] if edge.task not in written)
            self.direct[root] = (*own, *added, *_of_elements(group))
        return replace(group, groups=inner)

    def tasks_of(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """The ids with the leaves of a group in its place."""
        return tuple(dict.fromkeys(leaf for id in ids for leaf in self.leaves.get(id, (id,))))

    def expanded(self, task: str) -> tuple[Dependency, ...]:
        made: dict[str, Dependency] = {}
        for edge in self.direct[task]:
            # a group whose own edges are not known yet can only be further out: take its tasks
            group = self.members.get(edge.task, (edge.task,))
            for leaf in self.leaves.get(edge.task, group):
                one = edge if leaf == edge.task else replace(edge, task=leaf)
                # an edge that is written counts, wherever an expression makes it too
                if leaf not in made or (made[leaf].implicit and not one.implicit):
                    made[leaf] = one
        if self.checks:
            self.with_checks(task, made)
        return tuple(made.values())

    def with_checks(self, task: str, made: dict[str, Dependency]) -> None:
        for id, edge in list(made.items()):
            for check in self.checks.get(id, ()) if self.check_of.get(task) != id else ():
                made.setdefault(check, replace(edge, task=check, implicit=False))


def _implicit(task: Task, found: list[Diagnostic]) -> Iterator[Dependency]:
    written = {edge.task for edge in task.depends_on}
    for value, key in values_of(task):
        for leaf in references(value):
            if not isinstance(leaf, TaskOutput) or leaf.task in written:
                continue
            written.add(leaf.task)
            place = task.at(key)
            if leaf.task == task.id:
                found.append(codes.SELF_DEPENDENCY.at(place, task=task.id, needs="itself"))
                continue
            yield Dependency(task=leaf.task, implicit=True, span=place)


def _set_ups(task: Task) -> Iterator[Dependency]:
    """A teardown waits for what it cleans up after."""
    written = {edge.task for edge in task.depends_on}
    for id in task.teardown_of:
        if id not in written:
            yield Dependency(task=id, implicit=True, span=task.at("teardown_of"))


def _of_elements(group: Group) -> Iterator[Dependency]:
    """The outputs that the list of a group's ``for_each`` is made of."""
    if group.for_each is not None:
        for leaf in references(group.for_each.items):
            if isinstance(leaf, TaskOutput):
                yield Dependency(task=leaf.task, implicit=True, span=group.for_each.span)


def _unwritten(task: Task) -> Iterator[Diagnostic]:
    """With a rule that counts every upstream, an edge that only an expression makes is hidden."""
    if task.trigger_rule is TriggerRule.ALL_SUCCESS:
        return
    for edge in task.depends_on:
        if edge.implicit:
            yield codes.IMPLICIT_NEEDS_EDGE.at(
                edge.span,
                task=task.id,
                needs=edge.task,
                rule=task.trigger_rule.value,
                help=f"add `{edge.task}` to `depends_on`",
            )


_SHOWN: Final = 12
"""Tasks of a cycle that are named; of a longer one the first and the last of them."""


def _cycles(tasks: list[Task]) -> Iterator[Diagnostic]:
    by_id = {task.id: task for task in tasks}
    for path in graph.cycles({task.id: task.upstream for task in tasks}):
        related = []
        for waits, needs in _cut(list(itertools.pairwise(path)), None):
            edge = next(edge for edge in by_id[waits].depends_on if edge.task == needs)
            how = "an expression here reads the output of" if edge.implicit else "this waits for"
            related.append(Related(edge.span, f"`{waits}`: {how} `{needs}`"))
        # shown in the direction in which they would run
        names = [f"`{name}`" for name in reversed(path)]
        yield codes.CYCLE.at(
            related[0].span,
            cycle=" → ".join(_cut(names, f"… {len(names) - _SHOWN:,} more …")),
            related=tuple(related),
            help="remove one of these edges",
        )


def _cut(items: list[_T], instead: _T | None) -> list[_T]:
    """All items, or the first and the last with something in place of those between."""
    if len(items) <= _SHOWN:
        return items
    middle = [] if instead is None else [instead]
    return [*items[: _SHOWN // 2], *middle, *items[-_SHOWN // 2 :]]
