"""The statements of a task's function, as the kinds of tasks make them."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from dagglot import pycode
from dagglot.frozen import dataclass
from dagglot.pycode import INDENT, Code, literal

PAD: Final = " " * INDENT


@dataclass(frozen=True, slots=True)
class Body:
    """The statements of a function, its own imports, and its return type.

    ``when`` is what comes before all else, where the task has a condition.
    """

    statements: tuple[Code, ...]
    returns: Code
    imports: tuple[Code, ...] = ()
    when: tuple[Code, ...] = ()


def statement(prefix: str, code: Code, suffix: str = "") -> Code:
    """A line of a function; an operation that is too long for it stands in parentheses."""
    flat = Code(f"{PAD}{prefix}{code}{suffix}")
    if pycode.width(flat) <= pycode.LINE_LENGTH or "\n" in code:
        return flat
    node = ast.parse(code, mode="eval").body
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        prefix, code = f"{prefix}not ", Code(ast.get_source_segment(code, node.operand) or "")
    inner = pycode.layout(code, INDENT * 2)
    if _is_operation(code):
        return Code(f"{PAD}{prefix}(\n{PAD * 2}{inner}\n{PAD}){suffix}")
    laid_out = pycode.layout(code, INDENT, len(prefix), len(suffix))
    return Code(f"{PAD}{prefix}{laid_out}{suffix}")


def _is_operation(code: Code) -> bool:
    """Whether it may be broken before an operator: it is then put in parentheses."""
    node = ast.parse(code, mode="eval").body
    return isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp)


def seconds(value: timedelta) -> int | float:
    """A duration in seconds, without a fraction where it has none."""
    total = value.total_seconds()
    return int(total) if total.is_integer() else total


def arguments(args: Mapping[str, object]) -> tuple[list[tuple[str, object]], tuple[object, ...]]:
    """Keyword arguments, and ``**{"from": x}`` with those that Python has no keyword for."""
    keywords: list[tuple[str, object]] = []
    rest: dict[str, object] = {}
    for name, made in args.items():
        if name.isidentifier() and name.isascii() and not keyword.iskeyword(name):
            keywords.append((name, made))
        else:
            rest[name] = made
    return keywords, (Code(f"**{literal(rest)}"),) if rest else ()
