"""The params of a pipeline as the typed arguments of a flow, which Prefect checks at each run.

Pydantic would take "5" for an integer and 1 for a boolean, so every type is a strict one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from dagglot.expressions.types import Kind
from dagglot.ir.expand import thaw
from dagglot.ir.model import Param
from dagglot.ir.params import refusal
from dagglot.pycode import INDENT, LINE_LENGTH, Call, Code, layout, literal, width
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import PACKAGE

Annotation = Code | tuple[Any, ...]
"""Source text of a type, or ``(name, part, part …)`` for ``name[part, part …]``."""

_STRICT: Final = {
    Kind.STRING: ("StrictStr",),
    Kind.INTEGER: ("StrictInt",),
    Kind.NUMBER: ("StrictInt", "StrictFloat"),
    Kind.BOOLEAN: ("StrictBool",),
}
_PLAIN: Final = {
    Kind.STRING: "str",
    Kind.INTEGER: "int",
    Kind.NUMBER: "float",
    Kind.BOOLEAN: "bool",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.LIST: "list[Any]",
    Kind.MAP: "dict[str, Any]",
}


def is_literal_text(param: Param) -> bool:
    """Whether the flow takes a date or a time as one of some texts, to be parsed where it is used:
    members of an enum are compared as they are written."""
    return param.type.members is not None and param.type.kind.is_moment


def plain_type(param: Param) -> str:
    """The annotation of an argument that a task gets from the flow."""
    kind = Kind.STRING if is_literal_text(param) else param.type.kind
    return _PLAIN[kind] + (" | None" if param.type.nullable else "")


def import_plain(param: Param, imports: Imports) -> None:
    """What `plain_type` needs."""
    if param.type.kind.is_moment and not is_literal_text(param):
        imports.name("datetime", param.type.kind.value)
    if param.type.kind in (Kind.LIST, Kind.MAP):
        imports.name("typing", "Any")


def annotation(param: Param, zone: str, imports: Imports, helpers: set[str]) -> Annotation:
    """The type that refuses what the param refuses."""
    base, extras = _checked(param, zone, imports, helpers)
    made = base
    if extras:
        imports.name("typing", "Annotated")
        made = ("Annotated", base, *extras)
    if not param.type.nullable:
        return made
    return (*made, None) if isinstance(made, tuple) else Code(f"{made} | None")


def _checked(
    param: Param, zone: str, imports: Imports, helpers: set[str]
) -> tuple[Annotation, list[object]]:
    """The type itself, and what is annotated beside it."""
    kind, extras = param.type.kind, list[object]()

    def helper(name: str, *args: object) -> None:
        helpers.add(name)
        imports.name(f"{PACKAGE}.params", name)
        extras.append(Call(name, args) if args else Code(name))

    members = _members(param)
    if members is not None and (kind is Kind.STRING or is_literal_text(param)):
        imports.name("typing", "Literal")
        return ("Literal", *members), extras
    if members is not None and kind in (Kind.INTEGER, Kind.BOOLEAN):
        imports.name("typing", "Literal")
        helper("exactly", Code(_PLAIN[kind]))
        return ("Literal", *members), extras
    match kind:
        case Kind.DATE:
            helpers.add("IsoDate")
            imports.name(f"{PACKAGE}.params", "IsoDate")
            return Code("IsoDate"), extras
        case Kind.DATETIME:
            imports.name("datetime", "datetime")
            helper("iso_datetime", zone)
            return Code("datetime"), extras
        case Kind.LIST | Kind.MAP:
            imports.name("typing", "Any")
            base = _PLAIN[kind]
        case _:
            imports.name("pydantic", *_STRICT[kind])
            base = " | ".join(_STRICT[kind])
    if members is not None:
        helper("one_of", *members)
    checks: list[tuple[str, object]] = []
    if param.minimum is not None:
        checks.append(("ge", param.minimum))
    if param.maximum is not None:
        checks.append(("le", param.maximum))
    if param.pattern is not None:
        # compiled, so that Python's own `re` decides: pydantic's engine knows no look-ahead
        imports.module("re")
        checks.append(("pattern", Call("re.compile", (raw(param.pattern),))))
    if checks:
        imports.name("pydantic", "Field")
        extras.append(Call("Field", (), tuple(checks)))
    return Code(base), extras


def _members(param: Param) -> tuple[Any, ...] | None:
    """The members of an enum that the param's other rules let pass; null is the type's matter."""
    if param.type.members is None:
        return None
    return tuple(
        thaw(member)
        for member in param.type.members
        if member is not None and refusal(param, member) is None
    )


def raw(pattern: str) -> Code:
    """A regular expression as one writes it: raw where that is the same text."""
    quoted = literal(pattern)
    simple = pattern.isascii() and pattern.isprintable() and not pattern.endswith("\\")
    if "\\" in pattern and simple and '"' not in pattern:
        return Code(f'r"{pattern}"')
    return quoted


def default(param: Param, imports: Imports) -> object:
    """The default as a value for `pycode.layout`; a list or a map is a constant of the module."""
    value = param.default
    if isinstance(value, str) and not is_literal_text(param):
        if param.type.kind is Kind.DATE:
            imports.name("datetime", "date")
            day = date.fromisoformat(value)
            return Call("date", (day.year, day.month, day.day))
        if param.type.kind is Kind.DATETIME:
            return moment(datetime.fromisoformat(value), imports)
    return thaw(value)


def moment(value: datetime, imports: Imports) -> Call:
    """A datetime, naive or in its zone, as source."""
    imports.name("datetime", "datetime")
    parts: list[object] = [value.year, value.month, value.day]
    clock = [value.hour, value.minute, value.second, value.microsecond]
    while clock and clock[-1] == 0:
        clock.pop()
    keywords: list[tuple[str, object]] = []
    match value.tzinfo:
        case None:
            pass
        case ZoneInfo() as zone:
            imports.name("zoneinfo", "ZoneInfo")
            keywords.append(("tzinfo", Call("ZoneInfo", (zone.key,))))
        case other:
            seconds = int((other.utcoffset(value) or timedelta()).total_seconds())
            keywords.append(("tzinfo", _offset(seconds, imports)))
    return Call("datetime", (*parts, *clock), tuple(keywords))


def _offset(seconds: int, imports: Imports) -> object:
    if not seconds:
        imports.name("datetime", "UTC")
        return Code("UTC")
    imports.name("datetime", "timedelta", "timezone")
    unit, size = next(
        (unit, size)
        for unit, size in (("hours", 3600), ("minutes", 60), ("seconds", 1))
        if seconds % size == 0
    )
    return Call("timezone", (Call("timedelta", (), ((unit, seconds // size),)),))


def written(name: str, type_: Annotation, value: object, has_default: bool) -> Code:
    """One argument of the flow on lines of its own, without its indent and its comma."""
    suffix = f" = {literal(value)}" if has_default else ""
    flat = f"{name}: {_type_flat(type_)}{suffix}"
    if INDENT + width(flat) + 1 <= LINE_LENGTH:
        return Code(flat)
    head = f"{name}: {_type_block(type_, INDENT, len(name) + 2, len(suffix) + 1)}"
    if has_default:
        column = INDENT + width(head.rpartition("\n")[2])
        head += f" = {layout(value, INDENT, column - INDENT + 3, 1)}"
    return Code(head)


def _type_flat(type_: object) -> str:
    match type_:
        case Code():
            return str(type_)
        case (str() as name, *parts):
            nullable = parts[-1] is None
            inner = ", ".join(map(_type_flat, parts[:-1] if nullable else parts))
            return f"{name}[{inner}]{' | None' if nullable else ''}"
        case _:
            return literal(type_)


def _type_block(type_: object, indent: int, before: int, after: int) -> str:
    flat = _type_flat(type_)
    if indent + before + width(flat) + after <= LINE_LENGTH:
        return flat
    if not isinstance(type_, tuple):
        return layout(type_, indent, before, after)
    name, *parts = type_
    nullable = parts[-1] is None
    pad = " " * (indent + INDENT)
    lines = [
        f"{pad}{_type_block(part, indent + INDENT, 0, 1)},\n"
        for part in (parts[:-1] if nullable else parts)
    ]
    return f"{name}[\n{''.join(lines)}{' ' * indent}]{' | None' if nullable else ''}"
