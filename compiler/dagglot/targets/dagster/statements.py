"""Statements of SQL as SQLAlchemy's `text` reads them."""

from __future__ import annotations

import re
from typing import Any, Final

from dagglot.expressions.tree import Text
from dagglot.ir import sql_text
from dagglot.ir.model import SqlBody, Value
from dagglot.ir.sql_text import Parameter, Statement

# what `text` would take for a parameter, or a backslash before a colon for one that it is to drop
_MISREAD: Final = re.compile(r"(?<![:\w\\]):(?=\w)|(?<=\\):")
_BEHIND: Final = re.compile(r":+")
_NAME_END: Final = re.compile(r"[:\w\\]\Z")


def texts_of(body: SqlBody) -> list[Value]:
    """The statements, with parameters as ``:name`` and other colons so that they stay."""
    return [_written(one) for one in sql_text.statements(body.sql)]


def _written(statement: Statement) -> Value:
    words: list[Any] = []
    after = False
    for part in statement:
        if isinstance(part, Parameter):
            before = words[-1] if words and isinstance(words[-1], str) else ""
            # right behind a word or a colon it would not be seen
            _add(words, f" :{part.name}" if _NAME_END.search(before) else f":{part.name}")
        elif isinstance(part, str):
            _add(words, _escaped(part, after))
        else:
            words.append(part)
        after = isinstance(part, Parameter)
    return words[0] if len(words) == 1 and isinstance(words[0], str) else Text(tuple(words))


def _escaped(text: str, after: bool) -> str:
    """``:day::date`` would be a parameter ``da``."""
    colons = _BEHIND.match(text) if after else None
    if colons is None:
        return _MISREAD.sub(r"\\:", text)
    return "\\:" * len(colons[0]) + _MISREAD.sub(r"\\:", text[colons.end() :])


def _add(words: list[Any], text: str) -> None:
    if words and isinstance(words[-1], str):
        words[-1] += text
    else:
        words.append(text)
