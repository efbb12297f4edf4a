"""Whether a value is one that a param accepts: the rule that every target's code follows too.

And what a text of a command line means for it.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

from dagglot.expressions.types import Kind
from dagglot.ir.model import Json, Param

_WORDS = {
    Kind.STRING: "text",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: "a date such as `2026-01-31`",
    Kind.DATETIME: "a time such as `2026-01-31T06:00:00+01:00`",
    Kind.LIST: "a list",
    Kind.MAP: "a mapping",
}


def refusal(param: Param, value: Json) -> str | None:
    """Why the param refuses the value ("must be …, not …"), or None where it accepts it."""
    if value is None:
        return None if param.type.nullable else "must not be null"
    if not _has_kind(param.type.kind, value):
        return f"must be {_WORDS[param.type.kind]}, not `{_shown(value)}`"
    members = param.type.members
    if members is not None and not any(_same(value, member) for member in members):
        choices = ", ".join(f"`{_shown(member)}`" for member in members)
        return f"must be one of {choices}, not `{_shown(value)}`"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if param.minimum is not None and value < param.minimum:
            return f"must be at least {param.minimum}, not `{value}`"
        if param.maximum is not None and value > param.maximum:
            return f"must be at most {param.maximum}, not `{value}`"
    if param.pattern is not None and isinstance(value, str):
        try:
            matches = re.search(param.pattern, value) is not None
        except re.error as error:
            return f"has a `pattern` that is no regular expression: {error}"
        if not matches:
            return f"must match `{param.pattern}`, not `{value}`"
    return None


def _has_kind(kind: Kind, value: Json) -> bool:
    match kind:
        case Kind.STRING:
            return isinstance(value, str)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.DATE:
            return isinstance(value, str) and _parses(date.fromisoformat, value)
        case Kind.DATETIME:
            return isinstance(value, str) and _parses(datetime.fromisoformat, value)
        case Kind.LIST:
            return isinstance(value, tuple)
        case Kind.MAP:
            return isinstance(value, dict)
        case _:
            return True


def _parses(parse: object, text: str) -> bool:
    try:
        parse(text)  # type: ignore[operator]
    except ValueError:
        return False
    return True


def _same(left: object, right: object) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _shown(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def from_text(param: Param, text: str) -> Json | list[Any] | dict[str, Any]:
    """The value that a text of the command line means for a param."""
    if param.type.nullable and text == "null":
        return None
    if param.type.kind in (Kind.STRING, Kind.DATE, Kind.DATETIME):
        return text
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text  # refused with the words for its type
    return value
