"""The lines of a job: each op under its task's name, wired to those before it."""

from __future__ import annotations

from collections.abc import Sequence

from dagglot import pycode
from dagglot.pycode import INDENT, LINE_LENGTH, Code

Inputs = Sequence[tuple[str, object]]


def node(
    variable: str | None, function: str, alias: str, inputs: Inputs, indent: int = INDENT
) -> Code:
    """``variable = function.alias(…)(…)``, broken where ruff breaks such a chain."""
    return placed(f"{variable} = " if variable else "", function, alias, inputs, indent)


def placed(target: str, function: str, alias: str, inputs: Inputs, indent: int) -> Code:
    """The same behind any words, such as ``return``."""
    made = _chain(function, alias, inputs, indent, len(target))
    if made is not None or not target:
        return Code(f"{target}{made or _broken(function, alias, inputs, indent)}")
    inner = indent + INDENT
    made = _chain(function, alias, inputs, inner, 0) or _broken(function, alias, inputs, inner)
    return Code(f"{target}(\n{' ' * inner}{made}\n{' ' * indent})")


def _chain(function: str, alias: str, inputs: Inputs, indent: int, before: int) -> str | None:
    """None where not even ``function.alias(`` fits behind `before` columns."""
    head = f"{function}.alias({pycode.literal(alias)})"
    call = pycode.call(head, (), inputs, indent, prefix=" " * before)
    if indent + before + len(call.partition("\n")[0]) <= LINE_LENGTH:
        return call
    if indent + before + len(f"{function}.alias(") <= LINE_LENGTH:
        return _broken(function, alias, inputs, indent)
    return None


def _broken(function: str, alias: str, inputs: Inputs, indent: int) -> str:
    pad = " " * indent
    head = f"{function}.alias(\n{pad}{' ' * INDENT}{pycode.literal(alias)}\n{pad})"
    # the arguments begin behind the `)` that closes the alias
    return head + pycode.call("", (), inputs, indent, prefix=")")


def unpacked(targets: Sequence[str], value: str, indent: int = INDENT) -> Code:
    """``a, b = value``, a name a line where that is too long."""
    flat = f"{', '.join(targets)} = {value}" if targets else value
    if indent + len(flat) <= LINE_LENGTH:
        return Code(flat)
    names = "".join(f"{' ' * (indent + INDENT)}{name},\n" for name in targets)
    return Code(f"(\n{names}{' ' * indent}) = {value}")
