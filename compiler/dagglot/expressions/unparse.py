"""An expression back to the words of the language, for messages and for the canonical dump."""

from __future__ import annotations

import json
import keyword
from typing import Final, TypeGuard, assert_never

from dagglot.expressions.tree import (
    KINDS,
    Binary,
    BoolOp,
    Call,
    Compare,
    ConnectionField,
    EventField,
    Expression,
    IfElse,
    Item,
    ItemIndex,
    ListOf,
    Literal,
    Param,
    Params,
    PartitionField,
    RunField,
    SecretRef,
    Subscript,
    TaskOutput,
    Text,
    Unary,
)
from dagglot.expressions.types import BOOLEAN

_ATOM: Final = 10
_BINARY: Final = {"+": 6, "-": 6, "*": 7, "/": 7, "%": 7}


def is_expression(value: object) -> TypeGuard[Expression]:
    """Whether a value of the document is one expression."""
    return type(value) in KINDS


def needs_run(value: object) -> TypeGuard[Expression | Text]:
    """Whether a scalar of the document needs a run: an expression, or text that holds one."""
    return type(value) in KINDS or type(value) is Text


def unparse(node: Expression) -> str:
    """The source of an expression, with no parentheses that it does not need."""
    return _source(node, 0)


def _source(node: Expression, outer: int) -> str:
    text, level = _parts(node)
    return f"({text})" if level < outer else text


def _parts(node: Expression) -> tuple[str, int]:
    match node:
        case Literal(value=value):
            return _literal(value), _ATOM
        case Param(name=name):
            return _step("params", name), _ATOM
        case Params():
            return "params", _ATOM
        case RunField(name=name):
            return f"run.{name}", _ATOM
        case PartitionField(name=name):
            return f"partition.{name}", _ATOM
        case TaskOutput(task=task):
            return _task(task), _ATOM
        case Item():
            return "item", _ATOM
        case ItemIndex():
            return "index", _ATOM
        case SecretRef(name=name):
            return _step("secrets", name), _ATOM
        case ConnectionField(name=name, field=field):
            return f"{_step('connections', name)}.{field}", _ATOM
        case EventField(name=name):
            return f"event.{name}", _ATOM
        case Subscript(base=base, key=key):
            if isinstance(key, Literal) and isinstance(key.value, str):
                return _step(_source(base, _ATOM), key.value), _ATOM
            return f"{_source(base, _ATOM)}[{_source(key, 0)}]", _ATOM
        case Unary(operator="not", operand=operand):
            return f"not {_source(operand, 4)}", 4
        case Unary(operator=operator, operand=operand):
            return f"{operator}{_source(operand, 8)}", 8
        case Binary(operator=operator, left=left, right=right):
            level = _BINARY[operator]
            return f"{_source(left, level)} {operator} {_source(right, level + 1)}", level
        case Compare(operands=operands, operators=operators):
            words = [_source(operands[0], 6)]
            for sign, operand in zip(operators, operands[1:], strict=True):
                words += [sign, _source(operand, 6)]
            return " ".join(words), 5
        case BoolOp(operator=word, operands=(alone,)):
            # what remains of a folded constant still asks for a boolean
            return _parts(BoolOp(word, (Literal(word == "and", BOOLEAN), alone)))
        case BoolOp(operator=word, operands=operands):
            level = 3 if word == "and" else 2
            return f" {word} ".join(_source(one, level + 1) for one in operands), level
        case IfElse(test=test, then=then, otherwise=otherwise):
            return (
                f"{_source(then, 2)} if {_source(test, 2)} else {_source(otherwise, 1)}",
                1,
            )
        case ListOf(items=items):
            return f"[{', '.join(_source(item, 0) for item in items)}]", _ATOM
        case Call(function=function, args=args):
            return f"{function}({', '.join(_source(arg, 0) for arg in args)})", _ATOM
        case _:
            assert_never(node)


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        # Python's escapes; JSON's are the same where it matters to a reader
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _step(base: str, name: str) -> str:
    plain = name.isidentifier() and not keyword.iskeyword(name)
    return f"{base}.{name}" if plain else f"{base}[{name!r}]"


def _task(task: str) -> str:
    if all(part.isidentifier() for part in task.split(".")):
        return f"tasks.{task}.output"
    return f"tasks[{task!r}].output"
