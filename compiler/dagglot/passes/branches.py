"""What a branch may choose: direct downstream tasks, a group standing for its roots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.ir import flow, graph
from dagglot.ir.model import BranchBody, Pipeline, Task


def branches(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline with the choices of its branches as ids of tasks directly below them."""
    if not any(isinstance(task.body, BranchBody) for task in pipeline.tasks):
        return pipeline, ()
    found: list[Diagnostic] = []
    edges = {task.id: task.upstream for task in pipeline.tasks}
    roots = {
        group.id: graph.roots(flow.members(group), edges) for group in flow.groups(pipeline.groups)
    }
    below = flow.downstream(pipeline)
    made = []
    for task in pipeline.tasks:
        body = task.body
        if isinstance(body, BranchBody):
            direct = frozenset(below[task.id])
            found.extend(_strangers(task, body, roots, direct))
            body = _resolved(body, roots, direct)
            task = replace(task, body=body)
        made.append(task)
    return replace(pipeline, tasks=tuple(made)), tuple(found)


def _resolved(
    body: BranchBody, roots: Mapping[str, tuple[str, ...]], direct: frozenset[str]
) -> BranchBody:
    cases = tuple(replace(case, to=_tasks(case.to, roots)) for case in body.cases)
    choices = {name: _tasks(ids, roots) for name, ids in body.choices.items()}
    return replace(
        body,
        cases=cases,
        otherwise=_tasks(body.otherwise, roots),
        choices={name: ids for name, ids in choices.items() if ids and direct.issuperset(ids)},
    )


def _tasks(ids: tuple[str, ...], roots: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(task for id in ids for task in roots.get(id, (id,))))


def _strangers(
    task: Task, body: BranchBody, roots: Mapping[str, tuple[str, ...]], direct: frozenset[str]
) -> Iterator[Diagnostic]:
    """Choices that do not stand directly below the branch."""
    written: list[tuple[tuple[str, ...], Span]] = [(case.to, case.span) for case in body.cases]
    written.append((body.otherwise, task.at("else")))
    for ids, span in written:
        for id in ids:
            wrong = [one for one in _tasks((id,), roots) if one not in direct]
            if wrong:
                yield codes.BRANCH_CHOICE.at(
                    span,
                    task=task.id,
                    name=id,
                    what="does not depend on it",
                    help=f"add `{task.id}` to the `depends_on` of `{wrong[0]}`",
                )
