"""What an expression yields, as far as the compiler knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import TypeAlias

from dagglot.frozen import dataclass

Scalar: TypeAlias = bool | int | float | str | None
JSON: TypeAlias = "Scalar | Sequence[JSON] | Mapping[str, JSON]"


class Kind(Enum):
    """The kinds of values; a param is declared with one of the first eight."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"
    MAP = "map"
    NULL = "null"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    ANY = "any"

    @property
    def is_number(self) -> bool:
        return self is Kind.INTEGER or self is Kind.NUMBER

    @property
    def is_moment(self) -> bool:
        return self is Kind.DATE or self is Kind.DATETIME


@dataclass(frozen=True, slots=True)
class Type:
    """A kind, and whether null may stand in its place; `members` where only those can occur.

    `any` may always be null: what it holds is known when the run is there.
    """

    kind: Kind
    nullable: bool = False
    members: tuple[Scalar, ...] | None = None

    def __str__(self) -> str:
        return f"{self.kind.value} or null" if self.nullable else self.kind.value

    @property
    def may_be_null(self) -> bool:
        """True where the compiler knows that null can occur (it does not know it of `any`)."""
        return self.nullable or self.kind is Kind.NULL


STRING = Type(Kind.STRING)
INTEGER = Type(Kind.INTEGER)
NUMBER = Type(Kind.NUMBER)
BOOLEAN = Type(Kind.BOOLEAN)
DATE = Type(Kind.DATE)
DATETIME = Type(Kind.DATETIME)
LIST = Type(Kind.LIST)
MAP = Type(Kind.MAP)
NULL = Type(Kind.NULL)
SECRET = Type(Kind.SECRET)
ANY = Type(Kind.ANY)


def type_of(value: object) -> Type:
    """The type of a JSON value; of a text, it also says which text."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case float():
            return NUMBER
        case str():
            return Type(Kind.STRING, members=(value,))
        case list() | tuple():
            return LIST
        case dict():
            return MAP
        case _:
            return ANY


def join(one: Type, other: Type) -> Type:
    """The type of a value that is of one type or the other."""
    if one.kind is Kind.NULL:
        return other if other.kind in (Kind.NULL, Kind.ANY) else replace(other, nullable=True)
    if other.kind is Kind.NULL:
        return join(other, one)
    if one.kind is other.kind:
        members = None
        if one.members is not None and other.members is not None:
            members = tuple(dict.fromkeys(one.members + other.members))
        return Type(one.kind, one.nullable or other.nullable, members)
    if one.kind.is_number and other.kind.is_number:
        return Type(Kind.NUMBER, one.nullable or other.nullable)
    return ANY


def not_null(type_: Type) -> Type:
    """The same type without null."""
    return replace(type_, nullable=False) if type_.nullable else type_
