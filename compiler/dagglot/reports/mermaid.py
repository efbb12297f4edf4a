"""A graph with what came, went and changed, as Mermaid text for comments.

Source: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot.diagnostics.render import printable
from dagglot.reports.graphs import together, words

MOST: Final = 40
"""Tasks that are drawn: of a larger graph only what changed, and what is next to that."""
_CLASSES: Final = {
    "added": "fill:#d7f0db,stroke:#2e7d32,color:#1a1a1a",
    "removed": "fill:#f9d5d3,stroke:#b3261e,color:#1a1a1a,stroke-dasharray: 5 3",
    "changed": "fill:#fdebc8,stroke:#b26a00,color:#1a1a1a",
    "moved": "fill:#d6e6fb,stroke:#1d5fb4,color:#1a1a1a",
}
"""A light ground and dark letters, whatever is around them."""
_LINES: Final = {
    "added": "stroke:#2e7d32,stroke-width:2px",
    "removed": "stroke:#b3261e,stroke-width:2px,stroke-dasharray: 5 3",
}


def near(graph: Mapping[str, Any]) -> set[str]:
    """The tasks to draw: all, or of many those that changed and their neighbours."""
    every = {one["task"] for one in graph["tasks"]}
    if len(every) <= MOST:
        return every
    changed = {one["task"] for one in graph["tasks"] if one["change"]}
    changed |= {one[end] for one in graph["edges"] if one["change"] for end in ("from", "to")}
    beside = {
        one[end]
        for one in graph["edges"]
        if changed & {one["from"], one["to"]}
        for end in ("from", "to")
    }
    return changed | beside


def flowchart(graph: Mapping[str, Any]) -> str:
    """The lines of a chart. Nodes have numbered names, so that any id can be drawn."""
    graph = together(graph)
    drawn = near(graph)
    tasks = [one for one in graph["tasks"] if one["task"] in drawn]
    names = {one["task"]: f"t{number}" for number, one in enumerate(tasks)}
    edges = [one for one in graph["edges"] if {one["from"], one["to"]} <= drawn]
    return "\n".join(["flowchart LR", *_lines(tasks, edges, names)]) + "\n"


def _lines(tasks: Any, edges: Any, names: Mapping[str, str]) -> Iterator[str]:
    for one in tasks:
        state = f":::{one['change']}" if one["change"] else ""
        yield f'  {names[one["task"]]}["{_label(one)}"]{state}'
    for one in edges:
        yield f"  {names[one['from']]} --> {names[one['to']]}"
    for number, one in enumerate(edges):
        if one["change"]:
            yield f"  linkStyle {number} {_LINES[one['change']]}"
    for word in dict.fromkeys(one["change"] for one in tasks if one["change"]):
        yield f"  classDef {word} {_CLASSES[word]}"


def _label(one: Mapping[str, Any]) -> str:
    """The name, and below it what became of it. A label must not begin as a list of Markdown
    does, which is why no sign stands before it."""
    return f"{_text(one['task'])}<br/><i>{_text(words(one))}</i>"


def _text(text: str) -> str:
    return "".join(
        char if char.isalnum() or char in "_-., " else f"#{ord(char)};" for char in printable(text)
    )
