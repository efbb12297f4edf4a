"""SQL as far as it must be understood: where a statement ends, and where a parameter stands.

Parameters are written ``:name`` in every dialect, and each target's driver wants them otherwise; so
the text is taken apart here, once. ``::`` is a cast; what stands in quotes, in comments and in
dollar quotes is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from dagglot.expressions.tree import Expression, SecretRef, Text
from dagglot.frozen import dataclass
from dagglot.ir.values import Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """``:name`` in a statement."""

    name: str


Part: TypeAlias = "str | Parameter | Expression"
Statement: TypeAlias = tuple[Part, ...]
"""Text, parameters, and expressions whose values cannot carry SQL; never empty."""


def hidden(parameters: Mapping[str, Value]) -> list[str]:
    """Those that are secrets: a database repeats values in what it says of a failure."""
    return [name for name, value in parameters.items() if isinstance(value, SecretRef)]


_TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]*)
    | (?P<open> /\*)
    | (?P<quoted> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` )
    | (?P<dollar> \$(?P<tag>[A-Za-z_]*)\$ )
    | (?P<cast> ::+ | :=)
    | (?P<parameter> :(?P<name>[A-Za-z_][A-Za-z0-9_]*) )
    | (?P<end> ;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")


def statements(sql: Value) -> tuple[Statement, ...]:
    """The statements of a text, without the semicolons between them."""
    parts = sql.parts if isinstance(sql, Text) else (sql,)
    made: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, str):
            _read(part, made)
        else:
            made[-1].append(part)  # type: ignore[arg-type]
    return tuple(
        stripped for stripped in (_stripped(one) for one in made) if _says_something(stripped)
    )


def parameters(sql: Value) -> tuple[str, ...]:
    """The names of the parameters, each once, in order."""
    names = (part.name for one in statements(sql) for part in one if isinstance(part, Parameter))
    return tuple(dict.fromkeys(names))


def without_quoted(text: str) -> str:
    """The text with blanks for comments and for texts in quotes, so that a word that is found in it
    is a word of SQL; each character stays where it is."""
    made: list[str] = []
    at = begin = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        if found["open"]:
            at = _comment_end(text, at)
        elif found["dollar"]:
            close = text.find(found["dollar"], at)
            at = len(text) if close < 0 else close + len(found["dollar"])
        elif not found["comment"] and not (found["quoted"] and "'" in found["quoted"][:2]):
            continue
        made.extend((text[begin : found.start()], " " * (at - found.start())))
        begin = at
    made.append(text[begin:])
    return "".join(made)


def _read(text: str, made: list[list[Part]]) -> None:
    at = begin = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        if found["open"]:
            at = _comment_end(text, at)
        elif found["dollar"]:
            close = text.find(found["dollar"], at)
            at = len(text) if close < 0 else close + len(found["dollar"])
        elif found["parameter"]:
            _add(made[-1], text[begin : found.start()])
            made[-1].append(Parameter(found["name"]))
            begin = at
        elif found["end"]:
            _add(made[-1], text[begin : found.start()])
            made.append([])
            begin = at
    _add(made[-1], text[begin:])


def _comment_end(text: str, at: int) -> int:
    """Comments nest, in PostgreSQL; elsewhere nobody writes them so."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(text, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return len(text) if depth else at


def _add(parts: list[Part], text: str) -> None:
    if text:
        parts.append(text)


def _stripped(parts: list[Part]) -> Statement:
    """Without the white space at both ends."""
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return tuple(part for part in parts if part != "")


_SAYS_NOTHING: Final = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)


def _says_something(statement: Statement) -> bool:
    """Whether there is more than comments in it."""
    return any(not isinstance(part, str) or not _SAYS_NOTHING.fullmatch(part) for part in statement)
