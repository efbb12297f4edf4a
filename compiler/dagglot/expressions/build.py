"""From Python's tree of an expression to ours: names resolved, types checked, constants folded."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass, field
from typing import Any, Final
from typing import Literal as OneOf

from dagglot.expressions import checks, tree, types
from dagglot.expressions.checks import Wrong
from dagglot.expressions.evaluate import EvaluationError, evaluate
from dagglot.expressions.functions import FUNCTIONS
from dagglot.expressions.names import ROOTS, Unknown, resolve
from dagglot.expressions.scope import Problem, Scope
from dagglot.expressions.tree import Expression
from dagglot.expressions.types import Kind, Type, type_of

MAX_DEPTH: Final = 80
MAX_DEFAULT_DEPTH: Final = 3  # a `default` that decides lazily is written twice by the emitters
MAX_INTEGER_BITS: Final = 1_024

_UNFOLDED: Final = frozenset((tree.Literal, *tree.LEAVES))
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_BINARY: Final[dict[type[ast.operator], Any]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%",
}  # fmt: skip
_UNARY: Final[dict[type[ast.unaryop], Any]] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not"}
_COMPARE: Final[dict[type[ast.cmpop], Any]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_REFUSED: Final[dict[type[ast.AST], str]] = {
    ast.Dict: "a map cannot be written in an expression",
    ast.Lambda: "a function cannot be defined in an expression",
    ast.JoinedStr: "an f-string cannot stand in an expression",
    ast.Tuple: "a tuple cannot stand in an expression",
    ast.Set: "a set cannot stand in an expression",
    ast.Slice: "a slice cannot stand in an expression",
    ast.Starred: "`*` cannot stand here",
    ast.NamedExpr: "`:=` cannot stand in an expression",
    ast.ListComp: "a comprehension cannot stand in an expression",
    ast.SetComp: "a comprehension cannot stand in an expression",
    ast.DictComp: "a comprehension cannot stand in an expression",
    ast.GeneratorExp: "a comprehension cannot stand in an expression",
}
_REFUSED_HELP: Final[dict[type[ast.AST], str]] = {
    ast.Dict: "write it as YAML, with `${{ … }}` in its values",
    ast.Tuple: "write a list: `[a, b]`",
    ast.Set: "write a list: `[a, b]`",
    ast.JoinedStr: "write the text around `${{ … }}`, or join texts with `+`",
}


@dataclass(slots=True, eq=False, repr=False)
class Builder:
    """Turns Python's tree into ours, collecting problems; a wrong part is None."""

    text: str
    start: int
    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    depth: int = 0
    lenient: bool = False  # on the path that `default` guards
    defaults: int = 0

    def place(self, node: ast.expr) -> tuple[int, int]:
        """Offset in the scalar, and length, in characters (Python counts bytes)."""
        first, last = node.col_offset, node.end_col_offset or node.col_offset + 1
        if not self.text.isascii():
            line = self.text.encode()
            first, last = len(line[:first].decode()), len(line[:last].decode())
        return self.start + first, max(1, last - first)

    def problem(self, node: ast.expr, kind: Any, message: str, help_: str | None = None) -> None:
        offset, length = self.place(node)
        self.problems.append(Problem(kind, offset, length, message, help_))

    def build(self, node: ast.expr) -> Expression | None:
        if self.depth >= MAX_DEPTH:
            self.problem(node, "syntax", "the expression is nested too deeply")
            return None
        self.depth += 1
        try:
            made = self._node(node)
            return None if made is None else self._folded(node, made)
        except Wrong as wrong:
            self.problem(node, "type", wrong.message, wrong.help)
            return None
        finally:
            self.depth -= 1

    def _folded(self, node: ast.expr, made: Expression) -> Expression | None:
        """What consists of constants is a constant."""
        if type(made) in _UNFOLDED:
            return made
        if not all(isinstance(child, tree.Literal) for child in tree.children(made)):
            return made
        try:
            value = evaluate(made)
            if not _is_sane(value):
                raise EvaluationError("the result is too large")
        except EvaluationError as error:
            self.problem(node, "type", str(error))
            return None
        return tree.Literal(value, type_of(value), made.offset)

    def _all(self, nodes: list[ast.expr]) -> tuple[Expression, ...] | None:
        made = [self.build(node) for node in nodes]
        known = tuple(node for node in made if node is not None)
        return known if len(known) == len(made) else None

    def _node(self, node: ast.expr) -> Expression | None:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name() if node.id in _CONSTANTS:
                value = _CONSTANTS[node.id]
                return tree.Literal(value, type_of(value), self.place(node)[0])
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._path(node)
            case ast.UnaryOp() if type(node.op) in _UNARY:
                operand = self.build(node.operand)
                if operand is None:
                    return None
                sign = _UNARY[type(node.op)]
                type_ = checks.unary(sign, operand)
                return _signed(sign, operand, type_, self.place(node)[0])
            case ast.BinOp() if type(node.op) in _BINARY:
                pair = self._all([node.left, node.right])
                if pair is None:
                    return None
                sign = _BINARY[type(node.op)]
                left, right = pair
                type_ = checks.binary(sign, left, right)
                return tree.Binary(sign, left, right, type_, self.place(node)[0])
            case ast.BoolOp():
                operands = self._all(node.values)
                if operands is None:
                    return None
                word: Any = "and" if isinstance(node.op, ast.And) else "or"
                for operand in operands:
                    checks.condition(operand, f"`{word}`")
                return _joined(word, operands, self.place(node)[0])
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                three = self._all([node.test, node.body, node.orelse])
                if three is None:
                    return None
                type_ = checks.if_else(*three)
                test, then, otherwise = three
                if isinstance(test, tree.Literal):
                    return then if test.value else otherwise
                return tree.IfElse(test, then, otherwise, type_, self.place(node)[0])
            case ast.List():
                items = self._all(node.elts)
                if items is None:
                    return None
                if any(item.type.kind is Kind.SECRET for item in items):
                    raise Wrong("a secret can only stand as a whole value, not in a list")
                return tree.ListOf(items, offset=self.place(node)[0])
            case ast.Call():
                return self._call(node)
        message = _REFUSED.get(type(node), "this cannot stand in an expression")
        if isinstance(node, ast.BinOp | ast.UnaryOp):
            message = "this operator is not part of the language"
        self.problem(node, "not-allowed", message, _REFUSED_HELP.get(type(node)))
        return None

    def _constant(self, node: ast.Constant) -> Expression | None:
        value = node.value
        if not isinstance(value, str | bool | int | float | None):
            self.problem(node, "not-allowed", "only texts, numbers, booleans and null are values")
            return None
        if not _is_sane(value):
            raise Wrong("this value cannot be written as JSON")
        return tree.Literal(value, type_of(value), self.place(node)[0])

    def _compare(self, node: ast.Compare) -> Expression | None:
        operands = self._all([node.left, *node.comparators])
        if any(type(operator) not in _COMPARE for operator in node.ops):
            help_ = "to compare with null, write `x == null`"
            self.problem(node, "not-allowed", "`is` is not part of the language", help_)
            return None
        if operands is None:
            return None
        signs = tuple(_COMPARE[type(operator)] for operator in node.ops)
        for sign, left, right in zip(signs, operands, operands[1:], strict=False):
            checks.comparison(sign, left, right)
        if len(signs) > 1 and any(
            isinstance(operand, tree.Literal)
            and (operand.value is None or operand.value in (True, False))
            and not operand.type.kind.is_number
            for operand in operands
        ):
            raise Wrong(
                "`true`, `false` and `null` cannot stand in a chain of comparisons",
                "join the comparisons with `and`",
            )
        return tree.Compare(operands, signs, offset=self.place(node)[0])

    def _path(self, node: ast.expr) -> Expression | None:
        """`root.a['b'][c]`: the longest start that is a name, then subscripts."""
        steps: list[ast.Attribute | ast.Subscript] = []
        base = node
        while isinstance(base, (ast.Attribute, ast.Subscript)):
            steps.append(base)
            base = base.value
        steps.reverse()
        if len(steps) > MAX_DEPTH:
            self.problem(node, "syntax", "the expression is nested too deeply")
            return None
        made: Expression | None
        if isinstance(base, ast.Name) and base.id not in _CONSTANTS:
            keys: list[str] = []
            for step in steps:
                key = _key_text(step)
                if key is None:
                    break
                keys.append(key)
            offset, _ = self.place(base)
            found = resolve(base.id, tuple(keys), self.scope, offset, self.lenient)
            if isinstance(found, Unknown):
                blamed = steps[min(found.part, len(steps)) - 1] if found.part and steps else base
                self.problem(blamed, found.kind, found.message, found.help)
                return None
            made, taken = found
            steps = steps[taken:]
        else:
            made = self.build(base)
        for step in steps:
            key_node = self._key(step)
            if made is None or key_node is None:
                return None
            try:
                type_ = checks.subscript(made, key_node, self.lenient)
            except Wrong as wrong:
                self.problem(step, "type", wrong.message, wrong.help)
                return None
            subscript = tree.Subscript(made, key_node, type_, self.place(step)[0])
            made = self._step_folded(step, subscript)
        return made

    def _step_folded(self, step: ast.expr, made: tree.Subscript) -> Expression | None:
        if (
            self.lenient
            and isinstance(made.base, tree.Literal)
            and isinstance(made.key, tree.Literal)
        ):
            value = evaluate(
                tree.Call("default", (made, tree.Literal(None, types.NULL)), made.type)
            )
            return tree.Literal(value, type_of(value), made.offset)
        return self._folded(step, made)

    def _key(self, step: ast.Attribute | ast.Subscript) -> Expression | None:
        if isinstance(step, ast.Attribute):
            return tree.Literal(step.attr, type_of(step.attr), self.place(step)[0])
        kept, self.lenient = self.lenient, False
        try:
            return self.build(step.slice)
        finally:
            self.lenient = kept

    def _call(self, node: ast.Call) -> Expression | None:
        if not isinstance(node.func, ast.Name):
            self.problem(
                node,
                "not-allowed",
                "only the language's own functions can be called",
                "they are " + ", ".join(f"`{name}`" for name in FUNCTIONS),
            )
            return None
        name = node.func.id
        signature = FUNCTIONS.get(name)
        if signature is None:
            from dagglot.diagnostics.suggest import did_you_mean  # only a wrong file pays for it

            if name in ROOTS:
                help_: str | None = f"`{name}` holds values: `{name}.x`"
            else:
                help_ = did_you_mean(name, FUNCTIONS)
            self.problem(node.func, "unknown-name", f"there is no function `{name}`", help_)
            self._all(node.args)
            return None
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            self.problem(node, "not-allowed", "arguments are given by their place only")
            return None
        shape = f"{name}({', '.join(signature.parameters)})"
        args = self._arguments(name, node.args)
        if len(node.args) != len(signature.parameters):
            self.problem(
                node, "type", f"`{name}` takes {len(signature.parameters)} arguments: `{shape}`"
            )
            return None
        if args is None:
            return None
        type_ = checks.call(name, args, signature.result)
        offset = self.place(node)[0]
        if name == "default" and isinstance(args[0], tree.Literal):
            return args[1] if args[0].value is None else args[0]
        if name == "default" and isinstance(args[0], tree.Call) and args[0].function == "default":
            # default(default(x, y), z) is default(x, default(y, z)): nothing is written twice.
            inner, fallback = args[0].args
            later_type = checks.call("default", (fallback, args[1]), None)
            later: Expression = tree.Call("default", (fallback, args[1]), later_type, offset)
            return tree.Call("default", (inner, later), type_, offset)
        return tree.Call(name, args, type_, offset)

    def _arguments(self, function: str, nodes: list[ast.expr]) -> tuple[Expression, ...] | None:
        kept = self.lenient
        made: list[Expression | None] = []
        for number, node in enumerate(nodes):
            guarded = function == "default" and number == 0
            if guarded and self.defaults >= MAX_DEFAULT_DEPTH:
                self.problem(node, "not-allowed", "`default` is nested too deeply")
                return None
            self.lenient = guarded and isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
            self.defaults += guarded
            made.append(self.build(node))
            self.defaults -= guarded
            self.lenient = kept
        known = tuple(node for node in made if node is not None)
        return known if len(known) == len(made) else None


def _joined(word: OneOf["and", "or"], operands: tuple[Expression, ...], offset: int) -> Expression:
    """`and` or `or` without the constants that decide nothing, or the constant that decides."""
    decides = word == "or"
    known = {operand.value for operand in operands if isinstance(operand, tree.Literal)}
    left = tuple(operand for operand in operands if not isinstance(operand, tree.Literal))
    if decides in known or not left:
        value = decides if decides in known else not decides
        return tree.Literal(value, types.BOOLEAN, offset)
    if len(left) == 1 and left[0].type.kind is Kind.BOOLEAN:
        return left[0]
    return tree.BoolOp(word, left, offset=offset)


def _signed(
    sign: OneOf["-", "+", "not"], operand: Expression, type_: Type, offset: int
) -> Expression:
    """A sign before a sign is not kept where the kind is known, nor is `not not`."""
    if sign == "+" and operand.type.kind.is_number:
        return operand
    if isinstance(operand, tree.Unary) and operand.operator == sign and sign != "+":
        inner = operand.operand
        if sign == "-" and inner.type.kind.is_number:
            return inner
        if sign == "not":
            return _joined("and", (inner,), offset)
    return tree.Unary(sign, operand, type_, offset)


def _key_text(step: ast.Attribute | ast.Subscript) -> str | None:
    if isinstance(step, ast.Attribute):
        return step.attr
    if isinstance(step.slice, ast.Constant) and isinstance(step.slice.value, str):
        return step.slice.value
    return None


def _is_sane(value: object) -> bool:
    """Whether JSON in UTF-8 can hold a constant, and a computer print it."""
    match value:
        case bool() | None:
            return True
        case int():
            return value.bit_length() <= MAX_INTEGER_BITS
        case float():
            return math.isfinite(value)
        case str():
            return value.isascii() or not re.search("[\ud800-\udfff]", value)
        case _:
            return True
