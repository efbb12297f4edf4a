"""What the emitters of Python and Jinja share: names of a target, precedence, and the walk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, assert_never

from dagglot.expressions import tree
from dagglot.expressions.evaluate import path_of
from dagglot.expressions.functions import parse_move
from dagglot.expressions.tree import Expression
from dagglot.expressions.types import Kind, Type
from dagglot.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """How a target spells what a run knows, in one output language.

    Each source must be an atom: a name, a subscript, a call, or something in parentheses. A map
    has the kinds of `types.py`: a `date` is a `datetime.date`, a `datetime` is aware.
    `helper` gives the name under which a function of the helper module is called here.
    """

    param: Callable[[str, Type], str]
    params: str
    run: Callable[[str], str]
    partition: Callable[[str], str]
    output: Callable[[str], str]
    item: str
    index: str
    secret: Callable[[str], str]
    connection: Callable[[str, str], str]
    event: Callable[[str], str] = lambda name: f'event["{name}"]'
    helper: Callable[[str], str] = str


# How tightly an expression binds; a part that binds less than its place asks for gets parentheses.
IF_ELSE: Final = 0
OR: Final = 1
AND: Final = 2
NOT: Final = 3
COMPARE: Final = 4
SUM: Final = 5
PRODUCT: Final = 6
SIGN: Final = 7
ATOM: Final = 8

Written = tuple[str, int]


class Writer(ABC):
    """Writes one expression; `used` collects the helper functions that the text calls."""

    def __init__(self, names: Names, used: set[str]) -> None:
        self.names = names
        self.used = used

    def write(self, node: Expression, level: int = IF_ELSE) -> str:
        """The source of a node, in parentheses where it binds less tightly than `level`."""
        text, binds = self._written(node)
        return f"({text})" if binds < level else text

    def helper(self, function: str, *args: str) -> str:
        self.used.add(function)
        return f"{self.names.helper(function)}({', '.join(args)})"

    def condition(self, node: Expression, level: int = IF_ELSE) -> str:
        """A boolean; what is known only at run time is checked to be one."""
        if node.type.kind is Kind.ANY:
            return self.helper("boolean", self.write(node))
        return self.write(node, level)

    def operand(self, node: Expression, whole: tree.Compare) -> str:
        """One side of a comparison. Moments are compared as instants: Python compares two of one
        zone by what its clock shows, which shows some hours twice."""
        if "in" in whole.operators or "not in" in whole.operators:
            return self.write(node, SUM)
        if any(one.type.kind is not Kind.DATETIME for one in whole.operands):
            return self.write(node, SUM)
        moment = self.write(node, ATOM)
        instant = f"{moment}.timestamp()"
        return f"({moment} and {instant})" if node.type.nullable else instant

    @abstractmethod
    def literal(self, value: object) -> str: ...

    @abstractmethod
    def compare(self, node: tree.Compare) -> Written: ...

    @abstractmethod
    def function(self, node: tree.Call) -> Written: ...

    @abstractmethod
    def negation(self, node: tree.Unary) -> Written: ...

    @abstractmethod
    def subscript(self, base: str, key: Expression) -> Written: ...

    def element(self, node: Expression) -> str:
        """An element of a list."""
        return self.write(node)

    def sign(self, node: tree.Unary) -> Written:
        # In Jinja a filter takes the sign before it along: `-x | length` is `(-x) | length`.
        return f"{node.operator}{self.write(node.operand, ATOM)}", SIGN

    def _written(self, node: Expression) -> Written:
        match node:
            case tree.Literal():
                text = self.literal(node.value)
                return text, SIGN if text.startswith("-") else ATOM
            case tree.Subscript():
                return self.subscript(self.write(node.base, ATOM), node.key)
            case tree.Unary():
                return self.negation(node) if node.operator == "not" else self.sign(node)
            case tree.Binary():
                level = SUM if node.operator in "+-" else PRODUCT
                left, right = self.write(node.left, level), self.write(node.right, level + 1)
                return f"{left} {node.operator} {right}", level
            case tree.Compare():
                return self.compare(node)
            case tree.BoolOp():
                level = AND if node.operator == "and" else OR
                operands = [self.condition(operand, level + 1) for operand in node.operands]
                return f" {node.operator} ".join(operands), level
            case tree.IfElse():
                then, test = self.write(node.then, OR), self.condition(node.test, OR)
                return f"{then} if {test} else {self.write(node.otherwise)}", IF_ELSE
            case tree.ListOf():
                return f"[{', '.join(map(self.element, node.items))}]", ATOM
            case tree.Call():
                return self._default(node) if node.function == "default" else self.function(node)
            case _:
                return self.leaf(node), ATOM

    def leaf(self, node: tree.Leaf) -> str:
        names = self.names
        match node:
            case tree.Param():
                return names.param(node.name, node.type)
            case tree.Params():
                return names.params
            case tree.RunField():
                return names.run(node.name)
            case tree.PartitionField():
                return names.partition(node.name)
            case tree.TaskOutput():
                return names.output(node.task)
            case tree.Item():
                return names.item
            case tree.ItemIndex():
                return names.index
            case tree.SecretRef():
                return names.secret(node.name)
            case tree.ConnectionField():
                return names.connection(node.name, node.field)
            case tree.EventField():
                return names.event(node.name)
            case _:
                assert_never(node)

    def _default(self, node: tree.Call) -> Written:
        """A fallback that can fail must not be evaluated in vain, so it becomes a condition."""
        base, steps = path_of(node.args[0])
        args = [self.write(base), *(self.write(step) for step in steps)]
        fallback = node.args[1]
        if isinstance(fallback, tree.Literal | tree.Param | tree.Item | tree.ItemIndex):
            return self.helper("value_at", *args, f"default={self.write(fallback)}"), ATOM
        or_null = f" else {self.literal(None)})"
        if not steps and args[0].startswith("(") and args[0].endswith(or_null):
            # a param that is converted unless it is null
            return f"{args[0][1 : -len(or_null)]} else {self.write(fallback)}", IF_ELSE
        found = self.helper("value_at", *args) if steps else args[0]
        return f"{found} if {self.is_not_null(found)} else {self.write(fallback)}", IF_ELSE

    @abstractmethod
    def is_not_null(self, source: str) -> str: ...

    def add_time(self, node: tree.Call) -> Written:
        moment, duration = node.args
        move = parse_move(str(duration.value)) if isinstance(duration, tree.Literal) else None
        if move is None:
            raise ValueError("the parser lets no such duration through")
        args = [self.write(moment)]
        if move.days:
            args.append(f"days={move.days}")
        micro = move.elapsed.days * 86_400_000_000 + move.elapsed.seconds * 1_000_000
        micro += move.elapsed.microseconds
        for unit, size in (
            ("hours", 3_600_000_000),
            ("minutes", 60_000_000),
            ("seconds", 1_000_000),
        ):
            if micro % size == 0:
                if micro:
                    args.append(f"{unit}={micro // size}")
                break
        else:
            args.append(f"microseconds={micro}")
        return self.helper("add_time", *args), ATOM
