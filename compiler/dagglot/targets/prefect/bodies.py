"""What a task's function does: its statements, by the kind of the body."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from dagglot import pycode
from dagglot.expressions.tree import NODES, Text
from dagglot.frozen import dataclass
from dagglot.ir.model import NativeBody, NoopBody, PythonBody, ShellBody, Task, Value
from dagglot.pycode import INDENT, Call, Code, literal
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import TARGET, is_object
from dagglot.targets.prefect.values import Values

_PAD: Final = " " * INDENT


@dataclass(frozen=True, slots=True)
class Body:
    """The statements of a function, its own imports, and its return type."""

    statements: tuple[Code, ...]
    returns: Code
    imports: tuple[Code, ...] = ()


def lower_body(task: Task, values: Values) -> Body:
    """The body of a task; what it needs of its surroundings is collected in ``values``."""
    match task.body:
        case PythonBody() as body:
            made = _python(body.module, body.function, body.args, task, values)
        case NativeBody(calls=calls):
            call = calls[TARGET]
            made = _python(call.module, call.name, call.args, task, values, objects=True)
        case ShellBody() as body:
            made = _shell(body, task, values)
        case NoopBody():
            return Body((), Code("None"))
        case other:
            raise TypeError(f"the capability table refuses {type(other).__name__}")
    if values.whole_params:
        whole = pycode.assignment("params", values.whole(), INDENT)
        made = replace(made, statements=(Code(_PAD + whole), *made.statements))
    values.import_values()
    return made


def seconds(value: timedelta) -> int | float:
    """A duration in seconds, without a fraction where it has none."""
    total = value.total_seconds()
    return int(total) if total.is_integer() else total


# --- python and native --------------------------------------------------------------------------


def _python(
    module: str,
    function: str,
    args: Mapping[str, Value],
    task: Task,
    values: Values,
    *,
    objects: bool = False,
) -> Body:
    """A call of the user's function, which is imported only when the task runs."""
    values.imports.name("typing", "Any")
    own = Imports()
    keywords, rest = _arguments(args, values, own if objects else None)
    positional: list[object]
    if task.timeout is None:
        name = values.import_user(own, module, function)
        helper = values.call("call_python", "calls")
        positional = [Code(name)]
    else:
        helper = values.call("call_with_timeout", "processes")
        positional = [seconds(task.timeout), f"{module}:{function}"]
    call = pycode.call(helper, (*positional, *_unpacked(rest)), keywords, INDENT, "return ")
    return Body((Code(f"{_PAD}return {call}"),), Code("Any"), own.blocks(INDENT))


def _arguments(
    args: Mapping[str, Value], values: Values, own: Imports | None
) -> tuple[list[tuple[str, object]], dict[str, object]]:
    """Keyword arguments, and those whose names cannot be written as keywords."""
    keywords: list[tuple[str, object]] = []
    rest: dict[str, object] = {}
    for name, value in args.items():
        made = _native_value(value, values, own) if own is not None else values.data(value)
        if name.isidentifier() and name.isascii() and not keyword.iskeyword(name):
            keywords.append((name, made))
        else:
            rest[name] = made
    return keywords, rest


def _native_value(value: Value, values: Values, own: Imports) -> object:
    """A value of `native`: a mapping of ``call`` and ``args`` builds an object."""
    if isinstance(value, NODES):
        return values.data(value)
    if isinstance(value, dict):
        if is_object(value):
            module, _, name = str(value["call"]).partition(":")
            inner = cast("Mapping[str, Value]", value["args"])
            keywords, rest = _arguments(inner, values, own)
            return Call(values.import_user(own, module, name), _unpacked(rest), tuple(keywords))
        return {key: _native_value(item, values, own) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_native_value(item, values, own) for item in value]
    return values.data(value)


def _unpacked(rest: dict[str, object]) -> tuple[object, ...]:
    """``**{"from": x}``, for names that Python keeps for itself."""
    return (Code(f"**{literal(rest)}"),) if rest else ()


# --- shell --------------------------------------------------------------------------------------


def _shell(body: ShellBody, task: Task, values: Values) -> Body:
    statements: list[Code] = []
    if _is_block(body.run):
        statements.append(Code(f"{_PAD}script = {values.block(body.run)}"))
        script = Code("script")
    else:
        script = values.text(body.run)
    keywords: list[tuple[str, object]] = []
    if task.env:
        keywords.append(("env", {name: values.text(item) for name, item in task.env.items()}))
    if body.cwd is not None:
        keywords.append(("cwd", body.cwd))
    if not body.strict:
        keywords.append(("strict", False))
    if task.timeout is not None:
        keywords.append(("timeout", seconds(task.timeout)))
    helper = values.call("run_shell", "processes")
    match body.output:
        case "none":
            call = pycode.call(helper, [script], keywords, INDENT)
            return Body((*statements, Code(_PAD + call)), Code("None"))
        case "text":
            call = pycode.call(helper, [script], keywords, INDENT, "return ")
            return Body((*statements, Code(f"{_PAD}return {call}")), Code("str"))
        case "json":
            values.imports.module("json")
            values.imports.name("typing", "Any")
            values.used.add("to_json")
            call = pycode.call(helper, [script], keywords, INDENT, "last_line = ")
            statements.append(Code(f"{_PAD}last_line = {call}"))
            statements.append(Code(f"{_PAD}return to_json(json.loads(last_line))"))
            return Body(tuple(statements), Code("Any"))


def _is_block(script: Value) -> bool:
    """Whether a script has several lines, and so a name of its own."""
    parts = script.parts if isinstance(script, Text) else (script,)
    return any("\n" in part for part in _without_end(parts))


def _without_end(parts: tuple[object, ...]) -> Iterator[str]:
    for number, part in enumerate(parts):
        if isinstance(part, str):
            yield part.rstrip("\n") if number == len(parts) - 1 else part
