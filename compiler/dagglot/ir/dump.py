"""The IR as canonical JSON: equal pipelines give equal data, and snapshots show it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Final

from dagglot.expressions.tree import Text
from dagglot.expressions.unparse import is_expression, unparse
from dagglot.ir.declared import own
from dagglot.ir.model import Pipeline

_HOLDERS: Final = (str, tuple, dict)
"""Types whose empty value says nothing, whatever the default."""
UNORDERED: Final = frozenset(
    {
        *("tags", "consumes", "produces", "on_failure", "on_success", "on_retry", "alerts"),
        *("teardown_of", "approvers", "to", "otherwise", "keys", "status", "packages", "accept"),
    }
)
"""Lists of words whose order means nothing."""
_TELLING: Final = ("moved_from", "members")
"""What says nothing of a run: history, and what the ids of tasks say too."""
_LEFT_OUT: Final = frozenset(
    {"span", "places", "source", "zone_written", "implicit", "tests", "choices"}
)
"""What says nothing about a run: places, the scenarios of tests, and what follows from the rest."""


def dump(pipeline: Pipeline) -> dict[str, Any]:
    """The pipeline as plain JSON data; what has its default is left out."""
    made = json.loads(text(pipeline))
    assert isinstance(made, dict)  # noqa: S101 - a dataclass is dumped as a mapping
    return made


def text(pipeline: Pipeline) -> str:
    """The dump as text for a person: indented, in the order of the model."""
    return json.dumps(pipeline, indent=2, ensure_ascii=False, default=_simpler) + "\n"


def meaning(pipeline: Pipeline) -> str:
    """A hash of what a pipeline does: the same however its document is written and ordered, and
    whatever else its project declares."""
    known = own(pipeline)
    try:
        text = _canonical(known)
    except TypeError:  # keys of several types, which have no order
        text = _as_written(known)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _ordered(value: Any) -> Any:
    """The simpler terms of `meaning`: what has no order is sorted."""
    if (
        not hasattr(value, "__dataclass_fields__")
        or is_expression(value)
        or isinstance(value, Text)
    ):
        return _simpler(value)
    made = _node(value)
    for name in _TELLING:
        made.pop(name, None)
    for name, item in made.items():
        if isinstance(item, tuple | list) and len(item) > 1:
            if name in UNORDERED and all(isinstance(one, str) for one in item):
                made[name] = sorted(set(item))
            elif name == "depends_on":
                made[name] = sorted(item)
            elif all(isinstance(getattr(one, "id", getattr(one, "name", 0)), str) for one in item):
                made[name] = sorted(item, key=_name)
    return made


def _name(node: Any) -> str:
    return str(getattr(node, "id", None) or node.name)


_as_written: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=_ordered
).encode
_canonical: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=_ordered, sort_keys=True
).encode


def _simpler(value: Any) -> Any:
    """What JSON has no word for, in simpler terms; what it holds may be asked for in its turn."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if is_expression(value):
        return {"expression": unparse(value)}
    if isinstance(value, Text):
        return {"text": value.parts}
    if hasattr(value, "__dataclass_fields__"):
        return _node(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        zone = getattr(value.tzinfo, "key", None)
        return value.isoformat() + (f"[{zone}]" if zone else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no canonical form for {type(value).__name__}")


def _node(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    kind: Any = type(value)
    name = kind.__name__
    if name.endswith(("Body", "Wait")):
        made["kind"] = name.removesuffix("Body").removesuffix("Wait").lower()
    for name, default in _fields(kind):
        item = getattr(value, name)
        if item is default or item is None or (not item and isinstance(item, _HOLDERS)):
            continue
        if item == default:
            continue
        made[name] = [edge.task for edge in item] if name == "depends_on" else item
    return made


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a node that say something about a run, each with its default."""
    return tuple((one.name, one.default) for one in fields(kind) if one.name not in _LEFT_OUT)
