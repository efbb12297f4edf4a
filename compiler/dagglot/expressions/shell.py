"""Values never become code: which expressions may stand in a shell script."""

from __future__ import annotations

from typing import Final

from dagglot.expressions import tree
from dagglot.expressions.functions import is_shell_safe_format, is_shell_safe_text
from dagglot.expressions.tree import Expression
from dagglot.expressions.types import Kind

_SAFE_KINDS: Final = frozenset(
    {Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.NULL}
)


def shell_safe(node: Expression) -> bool:
    """Whether no value of the expression can carry shell syntax.

    The rule is language.md, "Values never become code". A text is safe when all that it can be is
    known, or when it is put together from safe texts.
    """
    if isinstance(node, tree.Literal) or node.type.kind in _SAFE_KINDS:
        return True
    members = node.type.members
    if members is not None:
        return all(isinstance(text, str) and is_shell_safe_text(text) for text in members)
    match node:
        case tree.RunField(name):
            return name in ("id", "pipeline")
        case tree.PartitionField(name):
            return name == "key"  # of time partitions: those of `keys` have members
        case tree.IfElse():
            return shell_safe(node.then) and shell_safe(node.otherwise)
        case tree.Binary():
            return (
                shell_safe(node.left) and shell_safe(node.right) and node.type.kind is Kind.STRING
            )
        case tree.Call("format", (_, tree.Literal(value))):
            return isinstance(value, str) and is_shell_safe_format(value)
        case tree.Call("default"):
            return all(map(shell_safe, node.args))
        case tree.Call("lower" | "upper" | "str"):
            return shell_safe(node.args[0])
        case _:
            return False
