"""Expressions as Python source that reads as if written by hand, for Python 3.11 and later."""

from __future__ import annotations

from typing import Final

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.expressions.tree import Expression, Text
from dagglot.expressions.types import Kind
from dagglot.expressions.writer import ATOM, COMPARE, NOT, SUM, Names, Writer, Written
from dagglot.pycode import Code

_SPEC_IS_PLAIN: Final = frozenset("{}'\"\\")


class _Python(Writer):
    def literal(self, value: object) -> str:
        return pycode.literal(value)

    def subscript(self, base: str, key: Expression) -> Written:
        return f"{base}[{self.write(key)}]", ATOM

    def is_not_null(self, source: str) -> str:
        return f"{source} is not None"

    def negation(self, node: tree.Unary) -> Written:
        operand = node.operand
        if isinstance(operand, tree.Compare) and len(operand.operators) == 1:
            opposite = _OPPOSITE.get(operand.operators[0])
            if opposite is not None:
                return self.compare(tree.Compare(operand.operands, (opposite,)))
        return f"not {self.condition(operand, NOT)}", NOT

    def compare(self, node: tree.Compare) -> Written:
        first, *rest = node.operands
        words = [self.operand(first, node)]
        for sign, operand in zip(node.operators, rest, strict=True):
            words += [_IDENTITY[sign] if _asks_identity(sign, *node.operands) else sign]
            words += [self.operand(operand, node)]
        return " ".join(words), COMPARE

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
            case "json":
                return self.helper("json_text", self.write(first)), ATOM
            case "bool":
                return self.helper("to_bool", self.write(first)), ATOM
            case "float" if first.type.kind in (Kind.STRING, Kind.ANY):
                return self.helper("to_float", self.write(first)), ATOM
            case _:
                return f"{node.function}({self.write(first)})", ATOM

    def text(self, node: Expression) -> Written:
        """A Python expression of the node's text, and how tightly it binds."""
        match node.type.kind:
            case Kind.STRING if not node.type.nullable:
                return self._written(node)
            case Kind.INTEGER if not node.type.nullable:
                return f"str({self.write(node)})", ATOM
            case Kind.DATE | Kind.DATETIME if not node.type.nullable:
                return f"{self.write(node, ATOM)}.isoformat()", ATOM
            case _:
                return self.helper("to_text", self.write(node)), ATOM

    def field(self, node: Expression) -> str:
        """What stands between the braces of an f-string for a node's text."""
        if isinstance(node, tree.Call) and node.function == "str":
            return self.field(node.args[0])
        if isinstance(node, tree.Call) and node.function == "format":
            moment, format_ = node.args
            spec = str(format_.value) if isinstance(format_, tree.Literal) else ""
            plain = spec.isascii() and spec.isprintable() and not _SPEC_IS_PLAIN & set(spec)
            if moment.type.kind.is_moment and spec and plain:
                return f"{self.write(moment, ATOM)}:{spec}"
        if node.type.kind in (Kind.INTEGER, Kind.DATE) and not node.type.nullable:
            return self.write(node)
        return self.text(node)[0]


_OPPOSITE: Final[dict[str, tree.Comparison]] = {
    "==": "!=", "!=": "==", "in": "not in", "not in": "in",
}  # fmt: skip
_IDENTITY: Final = {"==": "is", "!=": "is not"}


def _asks_identity(sign: str, *operands: Expression) -> bool:
    """`x == null` is `x is None` in Python, and so with booleans, which equal 1 and 0 there."""
    return sign in _IDENTITY and any(
        isinstance(operand, tree.Literal) and operand.type.kind in (Kind.NULL, Kind.BOOLEAN)
        for operand in operands
    )


def python_value(value: object, names: Names, used: set[str]) -> Code:
    """Python source of a value, its type kept: an expression, a `Text`, or JSON with such in it."""
    return pycode.literal(python_data(value, names, used))


def python_data(value: object, names: Names, used: set[str]) -> object:
    """The same as data for `pycode.layout`: containers stay, what is an expression is `Code`."""
    if isinstance(value, str):  # most values are, and none of the tests below is cheap
        return value
    if isinstance(value, tree.NODES):
        return Code(_Python(names, used).write(value))
    if isinstance(value, Text):
        return python_text(value, names, used)
    if isinstance(value, dict):
        return {key: python_data(item, names, used) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [python_data(item, names, used) for item in value]
    return value


def python_condition(value: object, names: Names, used: set[str]) -> Code:
    """A Python expression that is a boolean, or raises where the value is none."""
    if isinstance(value, tree.NODES):
        return Code(_Python(names, used).condition(value))
    return pycode.literal(value)


def python_text(value: str | Expression | Text, names: Names, used: set[str]) -> Code:
    """A Python expression of the text that a value becomes: an f-string where one can hold it."""
    if isinstance(value, str):
        return pycode.literal(value)
    writer = _Python(names, used)
    if not isinstance(value, Text):
        return Code(writer.text(value)[0])
    joined = _f_string(value, writer)
    if joined is None:
        joined = " + ".join(
            pycode.literal(part) if isinstance(part, str) else _in_sum(writer.text(part))
            for part in value.parts
        )
    return Code(joined)


def python_block(value: str | Expression | Text, names: Names, used: set[str]) -> Code:
    """The same text, several lines as a triple-quoted block; where none can hold it, as above."""
    if isinstance(value, str):
        return pycode.text_block(value)
    if isinstance(value, Text):
        writer = _Python(names, used)
        before = set(used)
        block = _f_block(value, writer)
        if block is not None:
            return Code(block)
        used.intersection_update(before)
    return python_text(value, names, used)


def _f_block(value: Text, writer: _Python) -> str | None:
    pieces = []
    shown = "".join(part if isinstance(part, str) else "-" for part in value.parts)
    if "\n" not in shown.rstrip("\n") or '"""' in shown:
        return None
    if any(line != line.rstrip(" ") for line in shown.split("\n")):
        return None  # nobody sees blanks at the end of a line
    for part in value.parts:
        if isinstance(part, str):
            lines = (pycode.escaped(line, '"""') for line in part.split("\n"))
            pieces.append("\n".join(lines).replace("{", "{{").replace("}", "}}"))
            continue
        field = writer.field(part)
        if any(sign in field for sign in ("\\", "{", "}", "#", "!", "\n", '"""')):
            return None
        pieces.append(f"{{{field}}}")
    body = "".join(pieces)
    if body.endswith('"'):
        body = body[:-1] + '\\"'
    return f'f"""\\\n{body}"""'


def _in_sum(written: Written) -> str:
    text, binds = written
    return f"({text})" if binds <= SUM else text


def _f_string(value: Text, writer: _Python) -> str | None:
    """None where Python 3.11 has no f-string for it: a backslash or both quotes in a field."""
    quote = pycode.preferred_quote("".join(part for part in value.parts if isinstance(part, str)))
    other = "'" if quote == '"' else '"'
    pieces = []
    before = set(writer.used)
    for part in value.parts:
        if isinstance(part, str):
            pieces.append(pycode.escaped(part, quote).replace("{", "{{").replace("}", "}}"))
            continue
        field = writer.field(part)
        if quote in field:
            field = field.replace(quote, other) if other not in field else ""
        if not field or any(sign in field for sign in "\\{}#!\n") or not field.isprintable():
            writer.used.intersection_update(before)
            return None
        pieces.append(f"{{{field}}}")
    return f"f{quote}{''.join(pieces)}{quote}"
