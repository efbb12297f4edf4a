"""What changed of the graph of tasks: every task and edge of both sides, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dagglot.diff.compare import Change, Kind
from dagglot.diff.rules.base import Risk
from dagglot.ir.model import Pipeline, kind_of


class Node(NamedTuple):
    """A task, by its new id; ``type`` is what it does, ``risk`` the highest of its changes, ``was``
    its old id, where that was another."""

    task: str
    type: str
    kind: Kind | None
    risk: Risk | None
    was: str | None


class Edge(NamedTuple):
    """``to`` waits for ``from_``."""

    from_: str
    to: str
    kind: Kind | None


class Graph(NamedTuple):
    """In the order of the documents, what is gone last."""

    tasks: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(
    before: Pipeline, after: Pipeline, changes: Iterable[tuple[Change, Risk]]
) -> Graph | None:
    """The graph of both sides; None where no task came, went or changed."""
    risks: dict[str, Risk] = {}
    kinds: dict[str, Kind] = {}
    names: dict[str, str] = {}
    for change, risk in changes:
        id = change.task
        if id is None:
            continue
        if id not in risks or risk.weight > risks[id].weight:
            risks[id] = risk
        if len(change.steps) == 2:
            kinds[id] = change.kind
            if change.kind is Kind.MOVED:
                names[change.before.id] = id
        elif risk is not Risk.COSMETIC:
            kinds.setdefault(id, Kind.CHANGED)
    if not kinds:
        return None
    types = {task.id: kind_of(task.body) for task in after.tasks}
    for task in before.tasks:
        types.setdefault(names.get(task.id, task.id), kind_of(task.body))
    was = {new: old for old, new in names.items()}
    olds, news = _edges(before, names), _edges(after, {})
    edges = dict.fromkeys((*news, *olds))
    return Graph(
        tuple(
            Node(id, type, kinds.get(id), risks.get(id), was.get(id)) for id, type in types.items()
        ),
        tuple(Edge(*edge, _came_or_went(edge in olds, edge in news)) for edge in edges),
    )


def _came_or_went(old: bool, new: bool) -> Kind | None:
    if old is new:
        return None
    return Kind.ADDED if new else Kind.REMOVED


def _edges(pipeline: Pipeline, names: Mapping[str, str]) -> dict[tuple[str, str], None]:
    known = {task.id for task in pipeline.tasks}
    return {
        (names.get(one, one), names.get(task.id, task.id)): None
        for task in pipeline.tasks
        for one in task.upstream
        if one in known
    }
