"""In which order a file defines its tasks: the author's, as far as values allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dagglot.frozen import dataclass
from dagglot.ir import graph
from dagglot.ir.model import Pipeline


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the file's outline: a task, or a group's block that opens, resumes or ends."""

    group: str
    """The group that opens, resumes or ends, or that the task stands in; "" is the DAG."""
    depth: int
    task: str | None = None
    opens: bool = False
    resumes: bool = False


def arranged(pipeline: Pipeline, passed: Mapping[str, Sequence[str]]) -> tuple[Block, ...]:
    """The outline of the file. A group is one block, unless values go in and out of it in turns:
    then it is left and resumed. ``passed`` are the outputs that are arguments of each task."""
    needs = {task.id: passed[task.id] for task in pipeline.tasks}
    group_of = {task.id: task.group for task in pipeline.tasks}
    order = _nested("", tuple(needs), needs, group_of) or graph.topological(needs)
    return tuple(_blocks(order, group_of))


def child_of(scope: str, id: str, group_of: Mapping[str, str]) -> str:
    """What holds the task directly below the scope: a group, or the task itself."""
    group = group_of[id]
    if group == scope:
        return id
    first = group.removeprefix(f"{scope}." if scope else "").partition(".")[0]
    return f"{scope}.{first}" if scope else first


def _nested(
    scope: str,
    tasks: Sequence[str],
    needs: Mapping[str, Sequence[str]],
    group_of: Mapping[str, str],
) -> tuple[str, ...] | None:
    members: dict[str, list[str]] = {}
    for id in tasks:
        members.setdefault(child_of(scope, id, group_of), []).append(id)
    inside = set(tasks)
    edges: dict[str, list[str]] = {child: [] for child in members}
    for id in tasks:
        child = child_of(scope, id, group_of)
        for need in needs[id]:
            if need in inside and child_of(scope, need, group_of) != child:
                edges[child].append(child_of(scope, need, group_of))
    if graph.cycle(edges) is not None:
        return None
    made: list[str] = []
    for child in graph.topological(edges):
        if members[child] == [child]:
            made.append(child)
            continue
        below = _nested(child, members[child], needs, group_of)
        if below is None:
            return None
        made += below
    return tuple(made)


def _blocks(order: Sequence[str], group_of: Mapping[str, str]) -> Iterator[Block]:
    last = {path: id for id in order for path in _path(group_of[id])}
    opened: set[str] = set()
    current: tuple[str, ...] = ()
    for id in order:
        wanted = _path(group_of[id])
        for position, group in enumerate(wanted):
            if current[: position + 1] != wanted[: position + 1]:
                yield Block(group, position, opens=group not in opened, resumes=group in opened)
                opened.add(group)
                current = wanted[: position + 1]
        current = wanted
        yield Block(group_of[id], len(wanted), task=id)
        for position in reversed(range(len(wanted))):
            if last[wanted[position]] == id:
                yield Block(wanted[position], position + 1)
    yield Block("", 0)


def _path(group: str) -> tuple[str, ...]:
    parts = group.split(".") if group else []
    return tuple(".".join(parts[: number + 1]) for number in range(len(parts)))
