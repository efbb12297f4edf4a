"""What an expression means: the reference that every emitter must agree with.

On values whose kind is known only at run time, operators mean what they mean in Python, except
that conditions must be booleans, and that `true` and `false`, written out, equal only themselves.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, assert_never

from dagglot.expressions import tree
from dagglot.expressions.functions import Move, parse_move
from dagglot.expressions.tree import Expression, Text
from dagglot.frozen import dataclass


class EvaluationError(Exception):
    """An expression has no value for what it was given; the text says why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What is known when a run is there; `outputs` by full task id, none means null."""

    params: Mapping[str, object] = field(default_factory=dict)
    run: Mapping[str, object] = field(default_factory=dict)
    partition: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, object] = field(default_factory=dict)
    item: object = None
    index: int = 0
    secrets: Mapping[str, object] = field(default_factory=dict)
    connections: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    event: Mapping[str, object] = field(default_factory=dict)


NOTHING: Final = Environment()


def evaluate(value: object, env: Environment = NOTHING) -> Any:
    """The value of an expression, a `Text`, or JSON that contains such.

    Raises `EvaluationError`, and nothing else.
    """
    try:
        return _any_value(value, env)
    except EvaluationError:
        raise
    except KeyError as error:
        raise EvaluationError(f"there is no key {error}") from error
    except ZeroDivisionError as error:
        raise EvaluationError("division by zero") from error
    except RecursionError as error:
        raise EvaluationError("nested too deeply") from error
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
        raise EvaluationError(str(error)) from error


def _any_value(value: object, env: Environment) -> Any:
    if isinstance(value, tree.NODES):
        return _value(value, env)
    if isinstance(value, Text):
        return "".join(
            part if isinstance(part, str) else text_of(_value(part, env)) for part in value.parts
        )
    if isinstance(value, dict):
        return {key: _any_value(item, env) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_any_value(item, env) for item in value]
    return value


def _value(node: Expression, env: Environment) -> Any:
    match node:
        case tree.Literal():
            return node.value
        case tree.Param():
            return env.params[node.name]
        case tree.Params():
            return dict(env.params)
        case tree.RunField():
            return env.run[node.name]
        case tree.PartitionField():
            return env.partition[node.name]
        case tree.TaskOutput():
            return env.outputs.get(node.task)
        case tree.Item():
            return env.item
        case tree.ItemIndex():
            return env.index
        case tree.SecretRef():
            return env.secrets[node.name]
        case tree.ConnectionField():
            return env.connections[node.name][node.field]
        case tree.EventField():
            return env.event[node.name]
        case tree.Subscript():
            base, key = _value(node.base, env), _value(node.key, env)
            if base is None:
                raise EvaluationError(f"null has no {key!r}: write `default(x, …)`")
            return base[key]
        case tree.Unary():
            operand = _value(node.operand, env)
            if node.operator == "not":
                return not boolean(operand)
            return -operand if node.operator == "-" else +operand
        case tree.Binary():
            left = _value(node.left, env)
            return _BINARY[node.operator](left, _value(node.right, env))
        case tree.Compare():
            return _compare(node, env)
        case tree.BoolOp():
            wanted = node.operator == "or"
            return (
                wanted
                if any(boolean(_value(x, env)) is wanted for x in node.operands)
                else not wanted
            )
        case tree.IfElse():
            return _value(node.then if boolean(_value(node.test, env)) else node.otherwise, env)
        case tree.ListOf():
            return [_value(item, env) for item in node.items]
        case tree.Call():
            return _call(node, env)
        case _:
            assert_never(node)


_BINARY: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


def is_boolean_literal(node: Expression) -> bool:
    """`x == true` asks whether x is true itself: the number 1 is not."""
    return isinstance(node, tree.Literal) and isinstance(node.value, bool)


def _as_instants(left: Any, right: Any) -> tuple[Any, Any]:
    """Two moments by the same clock: Python compares those of one zone by what its clock shows,
    which shows some hours twice."""
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left.astimezone(UTC), right.astimezone(UTC)
    return left, right


def _compare(node: tree.Compare, env: Environment) -> bool:
    left = _value(node.operands[0], env)
    exact = any(map(is_boolean_literal, node.operands))
    for symbol, operand in zip(node.operators, node.operands[1:], strict=True):
        right = _value(operand, env)
        if exact and symbol in ("==", "!="):
            holds = (left is right) == (symbol == "==")
        else:
            holds = bool(_COMPARE[symbol](*_as_instants(left, right)))
        if not holds:
            return False
        left = right
    return True


def path_of(node: Expression) -> tuple[Expression, tuple[Expression, ...]]:
    """`a.b[c]` as `a` and its steps `b`, `c`."""
    steps: list[Expression] = []
    while isinstance(node, tree.Subscript):
        steps.append(node.key)
        node = node.base
    return node, tuple(reversed(steps))


def _call(node: tree.Call, env: Environment) -> Any:
    if node.function == "default":
        base, steps = path_of(node.args[0])
        found = value_at(_value(base, env), *(_value(step, env) for step in steps))
        return _value(node.args[1], env) if found is None else found
    first = _value(node.args[0], env)
    match node.function:
        case "format":
            if not isinstance(first, date):
                raise EvaluationError(f"`format` takes a date or a datetime, not {_named(first)}")
            return first.strftime(_value(node.args[1], env))
        case "add":
            move = parse_move(_value(node.args[1], env))
            if move is None:
                raise EvaluationError("`add` takes a duration such as `1d`")
            return add_time(first, move)
        case "len":
            return len(first)
        case "json":
            return json_text(first)
        case "lower" | "upper":
            if not isinstance(first, str):
                raise EvaluationError(f"`{node.function}` takes a string, not {_named(first)}")
            return first.lower() if node.function == "lower" else first.upper()
        case "str":
            return text_of(first)
        case "int":
            return int(first)
        case "float":
            return to_float(first)
        case "bool":
            return to_bool(first)
        case other:
            raise EvaluationError(f"there is no function `{other}`")


def _named(value: object) -> str:
    if value is None:
        return "null"
    name = {"str": "string", "dict": "map"}.get(type(value).__name__, type(value).__name__)
    return "an integer" if name == "int" else f"a {name}"


def boolean(value: object) -> bool:
    """A condition's value: nothing but true and false decides."""
    if not isinstance(value, bool):
        raise EvaluationError(f"a condition must be a boolean, not {_named(value)}")
    return value


def value_at(value: Any, *steps: Any) -> Any:
    """The value below `steps`, or None where it or a step on the way is null or missing."""
    for step in steps:
        if value is None:
            return None
        try:
            value = value[step]
        except LookupError:
            return None
    return value


def add_time(moment: Any, move: Move) -> date:
    """A moment moved: days by the calendar of its zone, the rest as elapsed time."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise EvaluationError("`add` takes a datetime with a zone")
        zone = moment.tzinfo
        moved = (moment + timedelta(days=move.days)).astimezone(UTC) + move.elapsed
        return moved.astimezone(zone)
    if isinstance(moment, date):
        if move.elapsed:
            raise EvaluationError("a date has no time of day: add whole days to it")
        return moment + timedelta(days=move.days)
    raise EvaluationError(f"`add` takes a date or a datetime, not {_named(moment)}")


def to_float(value: Any) -> float:
    """`float(x)`, finite."""
    number = float(value)
    if not math.isfinite(number):
        raise EvaluationError(f"{value!r} is not a finite number")
    return number


def to_bool(value: object) -> bool:
    """`bool(x)`: of a text only `true`, `false`, `1` and `0`, of a number whether it is not 0."""
    match value:
        case bool():
            return value
        case int() | float():
            return value != 0
        case str():
            known = {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
            if known is not None:
                return known
            raise EvaluationError(f"{value!r} is neither `true` nor `false`")
        case _:
            raise EvaluationError(f"{_named(value)} is no boolean")


def to_json(value: object) -> Any:
    """The value in JSON's types; dates as ISO 8601 text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise EvaluationError(f"{value!r} is not a finite number")
            return value
        case date():
            return value.isoformat()
        case list() | tuple():
            return [to_json(item) for item in value]
        case dict():
            for key in value:
                if not isinstance(key, str):
                    raise EvaluationError(f"the key {key!r} of a map is not a string")
            return {key: to_json(item) for key, item in value.items()}
        case _:
            raise EvaluationError(f"{_named(value)} cannot be written as JSON")


def json_text(value: object) -> str:
    """Compact JSON."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def text_of(value: object) -> str:
    """The text that a value becomes inside longer text, the same on every target."""
    match value:
        case None:
            raise EvaluationError("null has no text: write `default(x, '')`")
        case str():
            return value
        case date():
            return value.isoformat()
        case _:
            return json_text(value)
