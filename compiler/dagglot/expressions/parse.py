"""From the text of a scalar to typed expressions. Python's own parser reads them; a whitelist of
its nodes is the language.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from functools import lru_cache
from typing import Final

from dagglot.expressions import tree
from dagglot.expressions.build import Builder
from dagglot.expressions.evaluate import EvaluationError, text_of
from dagglot.expressions.scope import Problem, Scope
from dagglot.expressions.split import OPENING, Source, split
from dagglot.expressions.tree import Expression, Text
from dagglot.expressions.types import Kind

__all__ = ["Problem", "Scope", "Source", "meaning", "parse_expression", "parse_value", "split"]

MAX_LENGTH: Final = 4_000
_STRING_OR_BLANK: Final = re.compile(
    r"""'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|(?P<blank>[\n\r\t\f])|(?P<hash>\#)"""
)
_MAY_WARN: Final = re.compile(r"\\|\d[A-Za-z_]")
_KEY: Final = re.compile(r"\.\s*([A-Za-z]+)\b")
_FOREIGN: Final = (
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `not`, or `!=`"),
    ("|", "there are no filters: call a function, such as `lower(x)`"),
    ("?", "write `x if condition else y`"),
    ("$", "write the names alone, without `$`"),
    ("{", "a map cannot be written in an expression, and templates are not nested"),
    ("=", "to compare, write `==`"),
)


def parse_value(
    text: str, scope: Scope
) -> tuple[object | Expression | Text | None, tuple[Problem, ...]]:
    """The meaning of a scalar, and all that is wrong with it (then the value is None).

    Text without `${{` is returned as it is. A scalar that is one expression (newlines after it,
    as block scalars have, do not count) is that `Expression`, anything longer a `Text`; what is
    known at compile time is a plain JSON value or text.
    """
    if OPENING not in text:
        return text, ()
    parts, unclosed = split(text)
    if unclosed:
        return None, unclosed
    match parts:
        case (Source() as source,):
            return parse_expression(source, scope)
        case (Source() as source, str(rest)) if not rest.strip("\n"):
            return parse_expression(source, scope)
    return _parse_text(parts, scope)


def meaning(
    text: str, scope: Scope
) -> tuple[object | Expression | Text | None, tuple[Problem, ...]]:
    """The same, remembered by a scope whose names mean the same for as long as it is used."""
    known: tuple[object | Expression | Text | None, tuple[Problem, ...]] | None
    known = scope.meanings.get(text)
    if known is None:
        known = scope.meanings[text] = parse_value(text, scope)
    return known


def parse_expression(
    source: Source, scope: Scope
) -> tuple[object | Expression | None, tuple[Problem, ...]]:
    """The inside of one `${{ … }}`: an `Expression`, or a JSON value known at compile time."""
    node, problems = _parse(source, scope)
    return (node.value if isinstance(node, tree.Literal) else node), problems


def _parse_text(
    parts: tuple[str | Source, ...], scope: Scope
) -> tuple[str | Text | None, tuple[Problem, ...]]:
    made: list[str | Expression] = []
    problems: list[Problem] = []
    for part in parts:
        if isinstance(part, str):
            made.append(part)
            continue
        node, found = _parse(part, scope)
        problems.extend(found)
        if node is None:
            continue
        length = max(1, len(part.text.strip()))
        if node.type.kind is Kind.SECRET:
            message = "a secret can only stand as a whole value, not inside longer text"
            problems.append(Problem("type", node.offset, length, message))
        elif node.type.may_be_null:
            help_ = "give a text for null: `default(x, '')`"
            message = "null has no text, and this value may be null"
            problems.append(Problem("type", node.offset, length, message, help_))
        elif isinstance(node, tree.Literal):
            try:
                made.append(text_of(node.value))
            except (EvaluationError, ValueError, RecursionError) as error:
                problems.append(Problem("type", node.offset, length, str(error)))
        else:
            made.append(node)
    if problems:
        return None, tuple(problems)
    merged: list[str | Expression] = []
    for piece in made:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    if all(isinstance(piece, str) for piece in merged):
        return "".join(str(piece) for piece in merged), ()
    return Text(tuple(merged)), ()


def _parse(source: Source, scope: Scope) -> tuple[Expression | None, tuple[Problem, ...]]:
    text = source.text
    inner = text.strip()
    if not inner:
        problem = Problem(
            "syntax", max(source.offset - 3, 0), len(text) + 5, "the expression is empty"
        )
        return None, (problem,)
    start = source.offset + text.index(inner)
    if len(inner) > MAX_LENGTH:
        message = f"the expression is longer than {MAX_LENGTH:,} characters"
        return None, (Problem("syntax", start, len(inner), message),)
    for match in _STRING_OR_BLANK.finditer(inner) if "#" in inner else ():
        if match["hash"]:
            message, help_ = "`#` cannot stand in an expression", "there are no comments inside one"
            return None, (Problem("syntax", start + match.start(), 1, message, help_),)
    if not inner.isprintable():
        inner = _STRING_OR_BLANK.sub(lambda m: " " if m["blank"] else m[0], inner)
    try:
        parsed = _python(inner)
    except SyntaxError as error:
        return None, (_syntax_problem(inner, start, error.offset),)
    except (ValueError, MemoryError, RecursionError, OverflowError):
        return None, (_syntax_problem(inner, start, None),)
    builder = Builder(inner, start, scope)
    node = builder.build(parsed)
    if builder.problems:
        return None, tuple(sorted(builder.problems, key=lambda problem: problem.offset))
    return node, ()


@lru_cache(maxsize=1024)
def _python(inner: str) -> ast.expr:
    """Python's tree of an expression, shared by all who write the same: never changed."""
    if not _MAY_WARN.search(inner):
        return ast.parse(inner, mode="eval").body
    with warnings.catch_warnings():  # such as `\d`, which a later Python will refuse
        warnings.simplefilter("error")
        return ast.parse(inner, mode="eval").body


def _syntax_problem(inner: str, start: int, column: int | None) -> Problem:
    bare = _STRING_OR_BLANK.sub("", inner)
    help_ = next((help_ for sign, help_ in _FOREIGN if sign in bare), None)
    if any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in inner):
        help_ = "it holds a character that cannot stand in an expression"
    elif re.search(r"""\\[^\\'"nrtabfvxuUN0-7]""", inner):
        help_ = "a backslash in a string is written twice"
    elif reserved := next((m[1] for m in _KEY.finditer(bare) if keyword.iskeyword(m[1])), None):
        help_ = f"`{reserved}` is a reserved word: write `['{reserved}']` instead of `.{reserved}`"
    at = min(max((column or 1) - 1, 0), len(inner) - 1)
    return Problem("syntax", start + at, len(inner) - at, "this is not an expression", help_)
