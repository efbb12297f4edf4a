"""What a task starts from: the layers of ``defaults``, nearest first (language.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dagglot.source import Map

WHOLE_WAIT: Final = frozenset({"sensor", "approval"})
"""Kinds whose ``timeout`` is for the whole wait, so that a general default never reaches it."""
WITH_ENV: Final = frozenset({"shell", "container", "dbt", "notebook", "spark"})
"""Kinds that start a process; a default ``env`` is for them alone."""


def merged(task: Map, kind: str, layers: Sequence[Map]) -> Map:
    """The task with its defaults; ``layers`` are nearest first."""
    made = task
    for layer in layers:
        by_type = layer.get("by_type")
        own = by_type.get(kind) if isinstance(by_type, dict) else None
        if isinstance(own, Map):
            made = _under(made, own, kind, general=False)
        made = _under(made, layer, kind, general=True)
    return _without_nulls(made)


def _under(task: Map, layer: Map, kind: str, *, general: bool) -> Map:
    """The task, and below it what the layer says for keys that the task leaves open."""
    made = task.copy_as(task, task.marks)
    for key, value in layer.items():
        if key == "by_type" or key.startswith("x-"):
            continue
        if general and key == "timeout" and kind in WHOLE_WAIT:
            continue
        if general and key == "env" and kind not in WITH_ENV:
            continue
        if key not in made:
            made[key] = value
            made.borrow(key, layer)
            continue
        mine = _mapping(key, made[key])
        theirs = _mapping(key, value)
        if isinstance(mine, Map) and isinstance(theirs, dict):
            made[key] = mine.over(theirs)
        elif isinstance(mine, dict) and isinstance(theirs, Map):
            made[key] = _at(mine, task, key).over(theirs)
        elif isinstance(mine, dict) and isinstance(theirs, dict):
            made[key] = {**theirs, **mine}
    return made


def _mapping(key: str, value: Any) -> Any:
    """``retries: 3`` is ``{count: 3}``, ``pool: a`` is ``{name: a}``, where mappings merge."""
    if key == "retries" and isinstance(value, int) and not isinstance(value, bool):
        return {"count": value}
    if key == "pool" and isinstance(value, str):
        return {"name": value}
    return value


def _at(entries: dict[str, Any], task: Map, key: str) -> Map:
    holder, mark = task.holder(key), task.marks[key]
    return holder.copy_as(entries, dict.fromkeys(entries, mark))


_NULLABLE: Final = frozenset({"args", "parameters", "json", "body", "query", "vars"})
"""Keys whose own values may be null: a null in them is a value, not a removal."""


def _without_nulls(task: Map) -> Map:
    if not any(_holds_null(key, value) for key, value in task.items()):
        return task
    entries = {
        key: _strip(value) if _holds_null(key, value) else value
        for key, value in task.items()
        if value is not None
    }
    return task.copy_as(entries, task.marks)


def _holds_null(key: str, value: Any) -> bool:
    inside = isinstance(value, Map) and key not in _NULLABLE
    return value is None or (inside and None in value.values())


def _strip(value: Map) -> Map:
    kept = {key: item for key, item in value.items() if item is not None}
    return value.copy_as(kept, value.marks)
