"""Values of the IR for people and for JSON: as a document writes them, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeAlias

from dagglot.diff.compare import Change, Kind
from dagglot.expressions.functions import duration_text
from dagglot.expressions.tree import Text
from dagglot.expressions.types import Type
from dagglot.expressions.unparse import is_expression, unparse
from dagglot.ir import model
from dagglot.ir.kinds import Body, CheckBody
from dagglot.ir.plain_secrets import is_named_secret, veiled

Plain: TypeAlias = None | bool | int | float | str
_HIDDEN: Final = "••••••••"


def shown(change: Change) -> tuple[Plain, Plain]:
    """What was and what is, each a JSON scalar."""
    name = change.steps[-1]
    if change.kind is Kind.MOVED:
        return change.before.id, change.after.id
    return plain(change.before, name), plain(change.after, name)


def plain(value: Any, name: str = "") -> Plain:
    """A value as one scalar; ``name`` is the key that holds it, which may say that it is secret."""
    made = _plain(value, name)
    if not isinstance(made, str):
        return made
    return _HIDDEN if is_named_secret(name, made) and _is_constant(value) else veiled(made)


def _is_constant(value: Any) -> bool:
    return not (is_expression(value) or isinstance(value, Text))


def _plain(value: Any, name: str) -> Plain:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case timedelta():
            return duration_text(value)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case Enum():
            return str(value.value)
        case Text():
            return "".join(
                part if isinstance(part, str) else _written(part) for part in value.parts
            )
        case Type():
            return _type(value)
        case tuple() | Mapping():
            return json.dumps(_data(value, name), ensure_ascii=False)
        case _ if is_expression(value):
            return _written(value)
        case _:
            return _node(value)


def moment(at: datetime) -> str:
    """``2026-03-29 03:30+02:00``."""
    return at.isoformat(" ", "minutes" if not (at.second or at.microsecond) else "auto")


def _data(value: Any, name: str) -> Any:
    if isinstance(value, tuple):
        return [_data(item, name) for item in value]
    if isinstance(value, Mapping):
        return {key: _data(item, str(key)) for key, item in value.items()}
    return plain(value, name)


def _written(expression: Any) -> str:
    return "${{ " + unparse(expression) + " }}"


def _type(type: Type) -> str:
    if type.members is None:
        return str(type)
    return f"{type} of {', '.join(map(str, type.members))}"


def _node(node: Any) -> str:
    """A node in a word or two: that it is there is what is told of it."""
    match node:
        case model.Task(body=body):
            return model.kind_of(body)
        case model.Dependency(task=name) | model.Asset(name=name) | model.Pipeline(id=name):
            return name
        case model.Param(type=type):
            return _type(type)
        case model.AssetCondition():
            return _condition(node)
        case model.Pool(name=name, slots=slots):
            return name if slots == 1 else f"{name}, {slots} slots"
        case model.ForEach(items=items):
            return str(plain(items))
        case model.Deadline(after=after, from_=start):
            return f"{duration_text(after)} after it was {start}"
        case model.Partitions():
            return node.by or node.cron or ", ".join(node.keys)
        case model.Connection(type=word) | model.Alert(type=word):
            return word
        case model.BranchCase(condition=condition):
            return str(plain(condition))
        case model.NativeCall(module=module, name=name):
            return f"{module}.{name}"
        case CheckBody(look=look):
            return _node(look)
        case _ if isinstance(node, Body):
            return model.kind_of(node)
        case _:
            return str(getattr(node, "name", None) or getattr(node, "id", None) or _word(node))


def _word(node: Any) -> str:
    """``FileWait`` is ``file``."""
    return type(node).__name__.removesuffix("Wait").removesuffix("Body").lower()


def _condition(condition: model.AssetCondition) -> str:
    if condition.asset is not None:
        return condition.asset
    return f"{condition.operator} of {', '.join(map(_condition, condition.operands))}"
