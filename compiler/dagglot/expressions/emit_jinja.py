"""Expressions as Jinja2 templates that render to the text of a value, with `StrictUndefined`."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.expressions.evaluate import is_boolean_literal
from dagglot.expressions.tree import Expression, Text
from dagglot.expressions.types import Kind
from dagglot.expressions.writer import ATOM, COMPARE, NOT, SUM, Names, Writer, Written

# Where a key is missing, Jinja's `x['key']` falls back to an attribute of that name.
_ATTRIBUTES: Final = frozenset(
    name for type_ in (dict, list, str, int, float, bool, datetime, date) for name in dir(type_)
)


class _Jinja(Writer):
    """Undefined values, which a missing key makes, must not pass unseen through a list or `in`."""

    strict = False

    def literal(self, value: object) -> str:
        if isinstance(value, str):
            quote = '"' if value.count("'") > value.count('"') else "'"
            return f"{quote}{pycode.escaped(value, quote)}{quote}"
        if isinstance(value, dict):
            pairs = (f"{self.literal(key)}: {self.literal(item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self.literal, value))}]"
        if value is None or isinstance(value, bool):
            return {None: "none", True: "true", False: "false"}[value]
        return pycode.literal(value)

    def subscript(self, base: str, key: Expression) -> Written:
        known = isinstance(key, tree.Literal) and key.value not in _ATTRIBUTES
        if self.strict or not known:
            return self.helper("item_of", base, self.write(key)), ATOM
        return f"{base}[{self.write(key)}]", ATOM

    def _strictly(self, node: Expression, level: int) -> str:
        kept, self.strict = self.strict, True
        try:
            return self.write(node, level)
        finally:
            self.strict = kept

    def element(self, node: Expression) -> str:
        return self._strictly(node, 0)

    def is_not_null(self, source: str) -> str:
        return f"{source} != none"

    def negation(self, node: tree.Unary) -> Written:
        return f"not {self.condition(node.operand, NOT)}", NOT

    def compare(self, node: tree.Compare) -> Written:
        exact = any(map(is_boolean_literal, node.operands))
        if exact and node.operators[0] in ("==", "!="):
            left, right = node.operands
            if is_boolean_literal(left):
                left, right = right, left
            word = "is" if node.operators[0] == "==" else "is not"
            return f"{self._strictly(left, ATOM)} {word} sameas {self.write(right)}", COMPARE
        words = [self.operand(node.operands[0], node)]
        for sign, operand in zip(node.operators, node.operands[1:], strict=True):
            words += [sign, self.operand(operand, node)]
        return " ".join(words), COMPARE

    def operand(self, node: Expression, whole: tree.Compare) -> str:
        if "in" in whole.operators or "not in" in whole.operators:
            return self._strictly(node, SUM)
        return super().operand(node, whole)

    def function(self, node: tree.Call) -> Written:
        first = node.args[0]
        match node.function:
            case "format":
                return f"{self.write(first, ATOM)}.strftime({self.write(node.args[1])})", ATOM
            case "add":
                return self.add_time(node)
            case "lower" | "upper":
                return f"{self.write(first, ATOM)}.{node.function}()", ATOM
            case "str":
                return self.text(first)
            case "len":
                return f"({self.write(first, ATOM)} | length)", ATOM
            case "json":
                return self.helper("json_text", self.write(first)), ATOM
            case name:
                return self.helper(f"to_{name}", self.write(first)), ATOM

    def text(self, node: Expression) -> Written:
        match node.type.kind:
            case Kind.STRING if not node.type.nullable:
                return self._written(node)
            case Kind.DATE | Kind.DATETIME if not node.type.nullable:
                return f"{self.write(node, ATOM)}.isoformat()", ATOM
            case _:
                return self.helper("to_text", self.write(node)), ATOM

    def output(self, node: Expression) -> str:
        """`{{ … }}` that prints the node's text."""
        if node.type.kind is Kind.INTEGER and not node.type.nullable:
            return f"{{{{ {self.write(node)} }}}}"
        return f"{{{{ {self.text(node)[0]} }}}}"


def jinja_expression(node: Expression, names: Names, used: set[str]) -> str:
    """The inside of `{{ … }}`: yields the typed value."""
    return _Jinja(names, used).write(node)


def jinja_condition(node: Expression, names: Names, used: set[str]) -> str:
    """The inside of `{{ … }}` or `{% if … %}`: a boolean, or an error where the value is none."""
    return _Jinja(names, used).condition(node)


def jinja_text(value: str | Expression | Text, names: Names, used: set[str]) -> str:
    """A template that renders to the text of the value; the user's own braces arrive as written."""
    parts = value.parts if isinstance(value, Text) else (value,)
    writer = _Jinja(names, used)
    pieces = []
    for number, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(protected(part, at_end=number == len(parts) - 1))
        else:
            pieces.append(writer.output(part))
    return "".join(pieces)


def jinja_data(value: object, names: Names, used: set[str]) -> str:
    """The inside of `{{ … }}` that yields a value with its types: JSON with expressions in it."""
    if isinstance(value, tree.NODES):
        return jinja_expression(value, names, used)
    writer = _Jinja(names, used)
    if isinstance(value, Text):
        parts = (part if isinstance(part, str) else writer.text(part)[0] for part in value.parts)
        quoted = (
            writer.literal(text) if isinstance(part, str) else f"({text})"
            for part, text in zip(value.parts, parts, strict=True)
        )
        return f"({' ~ '.join(quoted)})"
    if isinstance(value, dict):
        pairs = (
            f"{writer.literal(key)}: {jinja_data(item, names, used)}" for key, item in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(jinja_data(item, names, used) for item in value)}]"
    return writer.literal(value)


# What must be printed by an expression: a brace that would open a tag, or that stands before what
# becomes one; a CR; a template's last newline.
_AT_END: Final = re.compile(r"\{(?=[{%#\r]|\n\Z)|\r|\n\Z")
_BEFORE_EXPRESSION: Final = re.compile(r"\{(?=[{%#\r]|\Z)|\r")
_PRINTED: Final = {"{": "{{ '{' }}", "\r": "{{ '\\r' }}", "\n": "{{ '\\n' }}"}


def protected(text: str, at_end: bool = True) -> str:
    """Text as a template that renders to itself; `at_end`: no expression follows it.

    Jinja takes `{{`, `{%` and `{#`, drops a template's last newline and turns CR into LF.
    """
    pattern = _AT_END if at_end else _BEFORE_EXPRESSION
    return pattern.sub(lambda match: _PRINTED[match[0]], text)
