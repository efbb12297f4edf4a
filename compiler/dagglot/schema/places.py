"""Where a key belongs that stands at the wrong place, and what a missing one looks like.

Everything is read from the schemas, so that a new key or a new kind of task is known here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dagglot.schema import SchemaName, document, documents

_Rules = Mapping[str, Any]


def where_else(key: str, rules: _Rules) -> str | None:
    """The help for a key that is right somewhere else than in the mapping of these rules."""
    title = str(rules["title"])
    if title == "a pipeline":
        return _not_at_top(key, "pipeline")
    if title == "a project":
        return _not_at_top(key, "project")
    if title == "a group":
        return _not_in_group(key)
    if any(title == _rules_of(kind)["title"] for kind in _own_keys()):
        return _not_in_task(key, title)
    if title.startswith(("`defaults`", "the defaults of")):
        return _not_in_defaults(key, title)
    if title.endswith("options of a task") and key in _pipeline_options(title):
        return f"`{key}` stands in the `targets` of the pipeline"
    return None


def _not_at_top(key: str, schema: SchemaName) -> str | None:
    for section, place in _sections(schema):
        if key in place.get("properties", ()) and not _is_common(key):
            return f"`{key}` stands under `{section}`"
    if schema == "project" and key in document("pipeline")["properties"]:
        return f"`{key}` stands in a pipeline"
    if schema == "pipeline" and key in document("project")["properties"]:
        return f"`{key}` stands in the project file, `dagglot.yaml`"
    if _has_default(key):
        return f"`{key}` stands in a task, or under `defaults` for all tasks"
    return f"`{key}` stands in a task" if _is_common(key) or _kinds_with(key) else None


def _not_in_group(key: str) -> str | None:
    if _has_default(key):
        return f"`{key}` stands in the tasks of a group, or under its `defaults`"
    if _is_common(key) or _kinds_with(key):
        return f"`{key}` stands in the tasks of a group"
    return None


def _not_in_task(key: str, title: str) -> str | None:
    if key == "tasks":
        return "leave `type` out: a task with `tasks` is a group"
    if kinds := _kinds_with(key):
        return f"`{key}` is a key of {_listed(kinds)}"
    if _is_common(key):
        takers = [kind for kind in _own_keys() if key in _rules_of(kind)["properties"]]
        few = len(takers) <= len(_own_keys()) // 2
        return f"`{key}` is a key of {_listed(takers)}" if few else f"{title} takes no `{key}`"
    if key in document("pipeline")["properties"]:
        return f"`{key}` stands at the top level, beside `tasks`"
    return None


def _not_in_defaults(key: str, title: str) -> str | None:
    kinds = _kinds_with(key)
    if _is_common(key) and not _has_default(key):
        return f"`{key}` belongs to one task and has no default"
    takers = [kind for kind in kinds if key in _defs()[f"{kind}_defaults"]["properties"]]
    if takers and title == "`defaults`":
        return f"put it under `by_type`, as in `by_type: {{{takers[0]}: {{{key}: …}}}}`"
    return f"`{key}` says what one task does and has no default" if kinds else None


def _is_common(key: str) -> bool:
    return key in _defs()["task_keys"]["properties"]


def _has_default(key: str) -> bool:
    return key in _defs()["defaults"]["properties"]


def _kinds_with(key: str) -> list[str]:
    return [kind for kind, own in _own_keys().items() if key in own]


def _rules_of(kind: str) -> _Rules:
    rules: _Rules = _defs()[f"{kind}_task"]
    return rules


def example_of(key: str, rules: _Rules) -> str | None:
    """The help for a missing key: a line to copy, where one line can show it."""
    node = rules.get("properties", {}).get(key, {})
    for candidate in _followed(node):
        for example in candidate.get("examples", ()):
            if isinstance(example, str | int):
                return f"add it, as in `{key}: {example}`"
    return None


def _followed(node: _Rules) -> Iterator[_Rules]:
    """A property's rules, then those that it refers to among the `$defs` of either document."""
    yield node
    *_, name = str(node.get("$ref", "")).partition("#/$defs/")
    found: Any = {**document("project")["$defs"], **_defs()}
    for step in name.split("/"):
        found = found.get(step)
        if found is None:
            return
    yield from _followed(found)


def _listed(kinds: list[str]) -> str:
    *first, last = [f"`{kind}`" for kind in kinds]
    return f"{', '.join(first)} and {last} tasks" if first else f"{last} tasks"


def _defs() -> dict[str, Any]:
    defs: dict[str, Any] = document("pipeline")["$defs"]
    return defs


@cache
def _own_keys() -> dict[str, frozenset[str]]:
    """Kind of task → the keys that are its own."""
    defs = _defs()
    shared = set(defs["task_keys"]["properties"])
    kinds = [name.removesuffix("_task") for name in defs if name.endswith("_task")]
    return {
        kind: frozenset(key for key in defs[f"{kind}_task"]["properties"] if key not in shared)
        for kind in kinds
    }


def _sections(schema: SchemaName) -> Iterator[tuple[str, _Rules]]:
    for section, node in document(schema)["properties"].items():
        for rules in _followed(node):
            yield section, rules


@cache
def _pipeline_options(title: str) -> frozenset[str]:
    wanted = title.replace("of a task", "of a pipeline")
    for found in documents().values():
        if found["title"] == wanted:
            return frozenset(found["properties"])
    return frozenset()
