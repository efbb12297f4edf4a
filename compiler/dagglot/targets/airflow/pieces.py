"""Pieces of Python source that the tasks of a DAG file are made of."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Mapping
from typing import Any

from dagglot import pycode
from dagglot.pycode import Call, Code


def block(text: str) -> Code:
    """Text of several lines as a block; one line stays one."""
    return pycode.text_block(text) if "\n" in text[:-1] else pycode.literal(text)


def broken(source: str, indent: int, prefix: int) -> Code:
    """A conversion in parentheses that is too long for its line, as ruff breaks it."""
    match = re.fullmatch(r"\((to_\w+\(params.*\)) (if params.*) (else None)\)", source)
    if match is None or indent + prefix + len(source) < pycode.LINE_LENGTH:
        return Code(source)
    pad = " " * indent
    fits = indent + pycode.INDENT + len(source) - 2 <= pycode.LINE_LENGTH
    parts = (source[1:-1],) if fits else match.groups()
    lines = "".join(f"{pad}{' ' * pycode.INDENT}{part}\n" for part in parts)
    return Code(f"(\n{lines}{pad})")


def clause(prefix: str, source: Code, suffix: str, indent: int) -> Code:
    """``if <source>:`` or ``return <source>``; in parentheses where it is too long for its line."""
    if indent + len(prefix) + len(source) + len(suffix) <= pycode.LINE_LENGTH:
        return Code(f"{prefix}{source}{suffix}")
    if source.startswith("not (") and _is_closed(source[4:]):
        return _parenthesised(f"{prefix}not ", Code(source[5:-1]), suffix, indent)
    whole = pycode.layout(source, indent, len(prefix), len(suffix))
    if whole.endswith(")") and "\n" in whole and whole.startswith(source.partition("(")[0]):
        first = whole.partition("\n")[0]
        if first.endswith("("):
            return Code(f"{prefix}{whole}{suffix}")
    return _parenthesised(prefix, source, suffix, indent)


def _parenthesised(prefix: str, source: Code, suffix: str, indent: int) -> Code:
    inner = indent + pycode.INDENT
    text = pycode.layout(source, inner)
    return Code(f"{prefix}(\n{' ' * inner}{text}\n{' ' * indent}){suffix}")


def _is_closed(source: str) -> bool:
    """Whether the first parenthesis closes with the last."""
    try:
        ast.parse(source[1:-1], mode="eval")
    except SyntaxError:
        return False
    return True


def keyword_call(function: str, arguments: Mapping[str, object], indent: int = 0) -> Call:
    """A call with keywords; names that are no Python names go through ``**``.

    `indent` is where the arguments stand if they do not fit beside the function.
    """
    odd = {name: value for name, value in arguments.items() if not _is_keyword(name)}
    plain = tuple((name, value) for name, value in arguments.items() if name not in odd)
    unpacked = (Code(f"**{pycode.layout(odd, indent, 2, 1)}"),) if odd else ()
    return Call(function, unpacked, plain)


def _is_keyword(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def merged(words: list[Any]) -> tuple[Any, ...]:
    """The parts of a text, neighbours that are plain joined."""
    made: list[Any] = []
    for word in words:
        if made and isinstance(word, str) and isinstance(made[-1], str):
            made[-1] += word
        else:
            made.append(word)
    return tuple(made)
