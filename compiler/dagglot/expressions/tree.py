"""An expression as a typed tree: frozen nodes, each with its type and its place.

`offset` counts characters from the start of the scalar that holds the expression; it is not
compared, so two expressions that mean the same are equal.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Any, Final, TypeAlias
from typing import Literal as OneOf

from dagglot.expressions import types
from dagglot.expressions.types import Kind, Type
from dagglot.frozen import dataclass

RUN_FIELDS: Final = {
    "id": types.STRING,
    "pipeline": types.STRING,
    "time": types.DATETIME,
    "date": types.DATE,
    "attempt": types.INTEGER,
}
PARTITION_FIELDS: Final = {
    "key": types.STRING,
    "start": types.DATETIME,
    "end": types.DATETIME,
    "date": types.DATE,
}
CONNECTION_FIELDS: Final = {
    "host": types.STRING,
    "port": types.STRING,
    "user": types.STRING,
    "database": types.STRING,
    "password": types.SECRET,
    "uri": types.SECRET,
}
EVENT_FIELDS: Final = ("pipeline", "task", "run_id", "state", "url", "error", "owner")


@dataclass(frozen=True, slots=True)
class Literal:
    """A JSON value that is known at compile time."""

    value: object
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Param:
    """A param of the run, as it was declared."""

    name: str
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Params:
    """All params of the run, a map."""

    type: Type = types.MAP
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RunField:
    """One of `RUN_FIELDS`."""

    name: str
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PartitionField:
    """One of `PARTITION_FIELDS`; the key of `partitions: {keys: …}` has those as `members`."""

    name: str
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """What a task returned, null where it did not succeed; `task` is its full id."""

    task: str
    type: Type = types.ANY
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """The element of a `for_each`."""

    type: Type = types.ANY
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ItemIndex:
    """The place of the element of a `for_each`, from 0."""

    type: Type = types.INTEGER
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A secret of the target's own store."""

    name: str
    type: Type = types.SECRET
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionField:
    """`field` is one of `CONNECTION_FIELDS`."""

    name: str
    field: str
    type: Type
    offset: int = dataclasses.field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EventField:
    """One of `EVENT_FIELDS`."""

    name: str
    type: Type = types.STRING
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Subscript:
    """`base[key]`; `a.b` is the same as `a['b']`."""

    base: Expression
    key: Expression
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign, or `not`."""

    operator: OneOf["-", "+", "not"]
    operand: Expression
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic; `+` also joins two texts or two lists."""

    operator: OneOf["+", "-", "*", "/", "%"]
    left: Expression
    right: Expression
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


Comparison: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True, slots=True)
class Compare:
    """`first op second op third …`, as in Python: each neighbouring pair must hold."""

    operands: tuple[Expression, ...]
    operators: tuple[Comparison, ...]
    type: Type = types.BOOLEAN
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoolOp:
    """`and` or `or` of conditions."""

    operator: OneOf["and", "or"]
    operands: tuple[Expression, ...]
    type: Type = types.BOOLEAN
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IfElse:
    """`then if test else otherwise`."""

    test: Expression
    then: Expression
    otherwise: Expression
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list literal that holds more than constants."""

    items: tuple[Expression, ...]
    type: Type = types.LIST
    offset: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of the language's own functions."""

    function: str
    args: tuple[Expression, ...]
    type: Type
    offset: int = field(default=0, compare=False, repr=False)


Leaf: TypeAlias = (
    Param
    | Params
    | RunField
    | PartitionField
    | TaskOutput
    | Item
    | ItemIndex
    | SecretRef
    | ConnectionField
    | EventField
)
LEAVES: Final = (
    Param, Params, RunField, PartitionField, TaskOutput, Item, ItemIndex, SecretRef,
    ConnectionField, EventField,
)  # fmt: skip
Expression: TypeAlias = (
    Literal | Leaf | Subscript | Unary | Binary | Compare | BoolOp | IfElse | ListOf | Call
)
NODES: Final = (Literal, *LEAVES, Subscript, Unary, Binary, Compare, BoolOp, IfElse, ListOf, Call)
KINDS: Final = frozenset(NODES)
"""The same to look a type up in: none of them has subclasses, and most values are none of them."""
_LEAF_KINDS: Final = frozenset(LEAVES)


@dataclass(frozen=True, slots=True)
class Text:
    """Longer text with expressions in it; at least one part is an expression."""

    parts: tuple[str | Expression, ...]


def children(node: Expression) -> tuple[Expression, ...]:
    """The expressions directly below a node."""
    match node:
        case Subscript(base, key):
            return (base, key)
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Compare() | BoolOp():
            return node.operands
        case IfElse():
            return (node.test, node.then, node.otherwise)
        case ListOf():
            return node.items
        case Call():
            return node.args
        case _:
            return ()


def references(value: object) -> list[Leaf]:
    """Every run-time name in a value: an expression, a `Text`, or JSON that contains such."""
    found: list[Leaf] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Leaf]) -> None:
    kind = type(value)
    if kind is str:  # most values are
        return
    if kind in _LEAF_KINDS:
        found.append(value)
    elif kind in KINDS:
        for child in children(value):
            _collect(child, found)
    elif kind is Text:
        for part in value.parts:
            _collect(part, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _collect(item, found)


def is_condition(value: object) -> bool:
    """Whether a value can stand in `if` and `when`: a boolean, or what may prove to be one."""
    if isinstance(value, NODES):
        return value.type.kind in (Kind.BOOLEAN, Kind.ANY) and not value.type.nullable
    return isinstance(value, bool)
