"""In which order a file defines its tasks: the author's, as far as values allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dagglot.expressions.tree import TaskOutput, references
from dagglot.ir import graph
from dagglot.ir.model import NativeBody, Pipeline, PythonBody, Task, Value


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the file's outline: a task, or a group's block that opens, resumes or ends."""

    group: str
    """The group that opens, resumes or ends, or that the task stands in; "" is the DAG."""
    depth: int
    task: str | None = None
    opens: bool = False
    resumes: bool = False


def passed_outputs(task: Task) -> tuple[str, ...]:
    """The tasks whose outputs are arguments of this one, which makes edges of their own."""
    match task.body:
        case PythonBody(args=args):
            found = [leaf.task for leaf in references(args) if isinstance(leaf, TaskOutput)]
        case NativeBody(calls=calls) if "airflow" in calls:
            found = list(_whole_outputs(calls["airflow"].args))
        case _:
            found = []
    return tuple(dict.fromkeys(found))


def _whole_outputs(value: Value) -> Iterator[str]:
    if isinstance(value, TaskOutput):
        yield value.task
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _whole_outputs(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _whole_outputs(item)


def arranged(pipeline: Pipeline, needs: Mapping[str, Sequence[str]]) -> tuple[Block, ...]:
    """The outline of the file. A group is one block, unless values go in and out of it in turns:
    then it is left and resumed. ``needs`` are the outputs that each task is passed."""
    order = _nested("", tuple(needs), needs) or graph.topological(needs)
    return tuple(_blocks(order, {task.id: task.group for task in pipeline.tasks}))


def child_of(scope: str, id: str) -> str:
    """What holds the task directly below the scope: a group, or the task itself."""
    inside = id.removeprefix(f"{scope}.") if scope else id
    first = inside.partition(".")[0]
    return f"{scope}.{first}" if scope else first


def _nested(
    scope: str, tasks: Sequence[str], needs: Mapping[str, Sequence[str]]
) -> tuple[str, ...] | None:
    members: dict[str, list[str]] = {}
    for id in tasks:
        members.setdefault(child_of(scope, id), []).append(id)
    inside = set(tasks)
    edges: dict[str, list[str]] = {child: [] for child in members}
    for id in tasks:
        child = child_of(scope, id)
        for need in needs[id]:
            if need in inside and child_of(scope, need) != child:
                edges[child].append(child_of(scope, need))
    if graph.cycle(edges) is not None:
        return None
    made: list[str] = []
    for child in graph.topological(edges):
        if members[child] == [child]:
            made.append(child)
            continue
        below = _nested(child, members[child], needs)
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
