"""A pipeline's graph as Mermaid and as Graphviz DOT text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dagglot.ir.model import Group, Pipeline, Task, kind_of


def mermaid(pipeline: Pipeline) -> str:
    """A flowchart. Nodes have numbered names, so that any id can be drawn.

    Source: https://mermaid.js.org/syntax/flowchart.html
    """
    names = {task.id: f"t{number}" for number, task in enumerate(pipeline.tasks)}
    tasks = {task.id: task for task in pipeline.tasks}

    def node(id: str, indent: str) -> str:
        task = tasks[id]
        return f'{indent}{names[id]}["{_mermaid_text(task)}"]'

    def boxes(groups: Sequence[Group], members: Sequence[str], indent: str) -> Iterator[str]:
        inner = {group.id: group for group in groups}
        for member in members:
            group = inner.get(member)
            if group is None:
                yield node(member, indent)
                continue
            box = "g" + "_".join(names[id] for id in _tasks_of(group))
            yield f'{indent}subgraph {box}["{group.id.rpartition(".")[2]}"]'
            yield from boxes(group.groups, group.members, indent + "  ")
            yield f"{indent}end"

    lines = [f"%% {pipeline.id}", "flowchart LR"]
    lines.extend(boxes(pipeline.groups, _top(pipeline), "  "))
    for task in pipeline.tasks:
        for edge in task.depends_on:
            arrow = "-.->" if edge.implicit else "-->"
            lines.append(f"  {names[edge.task]} {arrow} {names[task.id]}")
    return "\n".join(lines) + "\n"


def _mermaid_text(task: Task) -> str:
    return f"{task.name}<br/><i>{kind_of(task.body)}</i>"


def dot(pipeline: Pipeline) -> str:
    """A digraph. Source: https://graphviz.org/doc/info/lang.html"""
    tasks = {task.id: task for task in pipeline.tasks}

    def boxes(groups: Sequence[Group], members: Sequence[str], indent: str) -> Iterator[str]:
        inner = {group.id: group for group in groups}
        for member in members:
            group = inner.get(member)
            if group is None:
                task = tasks[member]
                label = f"{_dot_text(task.name)}\\n{kind_of(task.body)}"
                yield f'{indent}"{_dot_text(member)}" [label="{label}"];'
                continue
            yield f'{indent}subgraph "cluster_{_dot_text(group.id)}" {{'
            yield f'{indent}  label="{_dot_text(group.id.rpartition(".")[2])}";'
            yield from boxes(group.groups, group.members, indent + "  ")
            yield f"{indent}}}"

    lines = [f'digraph "{_dot_text(pipeline.id)}" {{', "  rankdir=LR;", "  node [shape=box];"]
    lines.extend(boxes(pipeline.groups, _top(pipeline), "  "))
    for task in pipeline.tasks:
        for edge in task.depends_on:
            style = " [style=dashed]" if edge.implicit else ""
            lines.append(f'  "{_dot_text(edge.task)}" -> "{_dot_text(task.id)}"{style};')
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _top(pipeline: Pipeline) -> list[str]:
    """The members of the pipeline itself, in the author's order."""
    order: dict[str, None] = {}
    for task in pipeline.tasks:
        order.setdefault(task.id.split(".")[0])
    return list(order)


def _tasks_of(group: Group) -> Iterator[str]:
    inner = {one.id: one for one in group.groups}
    for member in group.members:
        if member in inner:
            yield from _tasks_of(inner[member])
        else:
            yield member
