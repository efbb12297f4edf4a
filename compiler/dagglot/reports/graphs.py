"""The graph of a diff made smaller, so that what changed is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_FEW: Final = 3
"""Tasks that are alike and still stand for themselves."""


def together(graph: Mapping[str, Any]) -> dict[str, Any]:
    """The graph with one task for many that did not change and have the same neighbours, such as
    the instances of a matrix: ``alike`` is how many more it stands for."""
    ends: dict[str, list[tuple[str, str]]] = {one["task"]: [] for one in graph["tasks"]}
    alone = {one["task"] for one in graph["tasks"] if one["change"]}
    for edge in graph["edges"]:
        ends[edge["from"]].append(("to", edge["to"]))
        ends[edge["to"]].append(("from", edge["from"]))
        if edge["change"]:
            alone |= {edge["from"], edge["to"]}
    kinds: dict[tuple[str, frozenset[tuple[str, str]]], list[str]] = {}
    for one in graph["tasks"]:
        if one["task"] not in alone and ends[one["task"]]:
            kinds.setdefault((one["type"], frozenset(ends[one["task"]])), []).append(one["task"])
    many = {names[0]: len(names) - 1 for names in kinds.values() if len(names) > _FEW}
    hidden = {name for names in kinds.values() if len(names) > _FEW for name in names[1:]}
    return {
        "tasks": [
            {**one, "alike": many.get(one["task"], 0)}
            for one in graph["tasks"]
            if one["task"] not in hidden
        ],
        "edges": [one for one in graph["edges"] if not hidden & {one["from"], one["to"]}],
    }


def words(task: Mapping[str, Any]) -> str:
    """What a task of such a graph does, and what became of it."""
    kind = str(task["type"])
    if task["alike"]:
        return f"{kind}, and {task['alike']} more like it"
    if task["change"] == "moved":
        return f"{kind}, was {task['old_task']}"
    return f"{kind}, {task['change']}" if task["change"] else kind
