"""A pipeline's graph as Mermaid and as Graphviz DOT text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dagglot.frozen import dataclass
from dagglot.ir.model import Group, Pipeline, Task, kind_of


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended: the state that colours its node, and the words below its name."""

    state: str
    text: str


Endings = Mapping[str, Ending]
_FILL: Final = {
    "success": ("#d7f0db", "#2e7d32"),
    "failed": ("#f9d5d3", "#b3261e"),
    "skipped": ("#eadcf5", "#7b4397"),
    "upstream_failed": ("#fdebc8", "#b26a00"),
}
"""The fill and the line of a node, by state."""


def mermaid(pipeline: Pipeline, endings: Endings | None = None) -> str:
    """A flowchart. Nodes have numbered names, so that any id can be drawn.

    Source: https://mermaid.js.org/syntax/flowchart.html
    """
    ended = endings or {}
    names = {task.id: f"t{number}" for number, task in enumerate(pipeline.tasks)}
    tasks = {task.id: task for task in pipeline.tasks}

    def node(id: str, indent: str) -> str:
        task = tasks[id]
        ending = ended.get(id)
        state = f":::{ending.state}" if ending else ""
        return f'{indent}{names[id]}["{_mermaid_text(task, ending)}"]{state}'

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
    for state in dict.fromkeys(ending.state for ending in ended.values()):
        fill, line = _FILL[state]
        lines.append(f"  classDef {state} fill:{fill},stroke:{line},color:#1a1a1a")
    return "\n".join(lines) + "\n"


def _mermaid_text(task: Task, ending: Ending | None) -> str:
    return f"{task.name}<br/><i>{ending.text if ending else kind_of(task.body)}</i>"


def dot(pipeline: Pipeline, endings: Endings | None = None) -> str:
    """A digraph. Source: https://graphviz.org/doc/info/lang.html"""
    ended = endings or {}
    tasks = {task.id: task for task in pipeline.tasks}

    def boxes(groups: Sequence[Group], members: Sequence[str], indent: str) -> Iterator[str]:
        inner = {group.id: group for group in groups}
        for member in members:
            group = inner.get(member)
            if group is None:
                task = tasks[member]
                ending = ended.get(member)
                below = ending.text if ending else kind_of(task.body)
                label = f"{_dot_text(task.name)}\\n{below}"
                yield f'{indent}"{_dot_text(member)}" [label="{label}"{_dot_fill(ending)}];'
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


def _dot_fill(ending: Ending | None) -> str:
    if ending is None:
        return ""
    fill, line = _FILL[ending.state]
    return f', style=filled, fillcolor="{fill}", color="{line}"'


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _top(pipeline: Pipeline) -> list[str]:
    """The members of the pipeline itself, in the author's order."""
    order: dict[str, None] = {}
    for task in pipeline.tasks:
        order.setdefault(task.group.split(".")[0] if task.group else task.id)
    return list(order)


def _tasks_of(group: Group) -> Iterator[str]:
    inner = {one.id: one for one in group.groups}
    for member in group.members:
        if member in inner:
            yield from _tasks_of(inner[member])
        else:
            yield member
