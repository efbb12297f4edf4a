"""What a task's function does: its statements, by the kind of the body."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, cast

from dagglot import pycode
from dagglot.expressions.tree import NODES, Text
from dagglot.frozen import dataclass
from dagglot.ir.model import (
    ApprovalBody,
    BranchBody,
    CheckBody,
    ContainerBody,
    DbtBody,
    GateBody,
    HttpBody,
    NativeBody,
    NoopBody,
    NotebookBody,
    NotifyBody,
    OtherBody,
    PythonBody,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
    TriggerPipelineBody,
    Value,
)
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.prefect import alerts, approvals, commands, http, sensors, sql, started
from dagglot.targets.prefect.body import PAD, Body, arguments, statement
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import TARGET, is_object
from dagglot.targets.prefect.values import Values


def lower_body(task: Task, values: Values) -> Body:
    """The body of a task; what it needs of its surroundings is collected in ``values``."""
    if task.when is False:
        return _never(values)
    match task.body:
        case PythonBody() as body:
            made = _python(_Called.of(body), task, values)
        case NativeBody(calls=calls):
            call = calls[TARGET]
            made = _python(_Called(call.module, call.name, call.args), task, values, objects=True)
        case ShellBody() as body:
            made = _shell(body, task, values)
        case SqlBody() as body:
            made = sql.lower_sql(body, task, values)
        case HttpBody() as body:
            made = http.lower_http(body, task, values)
        case SensorBody() as body:
            made = sensors.lower_sensor(body, values)
        case TriggerPipelineBody() as body:
            made = started.lower_trigger(body, task, values)
        case ApprovalBody() as body:
            made = approvals.lower_approval(body, values)
        case ContainerBody() as body:
            made = commands.lower_container(body, task, values)
        case DbtBody() as body:
            made = commands.lower_dbt(body, task, values)
        case NotebookBody() as body:
            made = commands.lower_notebook(body, task, values)
        case SparkBody() as body:
            made = commands.lower_spark(body, task, values)
        case NotifyBody() as body:
            made = alerts.lower_notify(body, task, values)
        case NoopBody():
            made = Body((), Code("None"))
        case GateBody() as body:
            made = _gate(body, task, values)
        case BranchBody() as body:
            made = _branch(body, task, values)
        case CheckBody() as body:
            made = _check(body, task, values)
        case OtherBody():
            made = Body((), Code("None"))
        case other:
            raise TypeError(f"the capability table refuses {type(other).__name__}")
    if task.when is not True:
        made = _conditional(made, task, values)
    if values.whole_params:
        whole = Code(PAD + pycode.assignment("params", values.whole(), INDENT))
        if made.when:
            made = replace(made, when=(whole, *made.when))
        else:
            made = replace(made, statements=(whole, *made.statements))
    if window := values.window():
        if made.when:
            made = replace(made, when=(*window, *made.when))
        else:
            made = replace(made, statements=(*window, *made.statements))
    values.import_values()
    return made


# --- python and native --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Called:
    """A function of the user's, and how it is called."""

    module: str
    function: str
    args: Mapping[str, Value]
    skip_on: str | None = None

    @classmethod
    def of(cls, body: PythonBody) -> _Called:
        return cls(body.module, body.function, body.args, body.skip_on)


def _python(
    called: _Called,
    task: Task,
    values: Values,
    *,
    objects: bool = False,
    gate: bool = False,
) -> Body:
    """A call of the user's function, which is imported only when the task runs."""
    own = Imports()
    call = _call(called, task, values, own, "return ", objects=objects, gate=gate)
    if not gate:
        values.imports.name("typing", "Any")
    returns = Code("bool" if gate else "Any")
    return Body((Code(f"{PAD}return {call}"),), returns, own.blocks(INDENT))


def _call(
    called: _Called,
    task: Task,
    values: Values,
    own: Imports,
    prefix: str,
    *,
    objects: bool = False,
    gate: bool = False,
) -> Code:
    """The call by a helper, laid out behind a prefix."""
    keywords, rest = _arguments(called.args, values, own if objects else None)
    positional: list[object]
    limit = values.limit(task)
    if limit is None:
        positional = [Code(values.import_user(own, called.module, called.function))]
        helper = "call_gate" if gate else "call_python"
        if called.skip_on is not None:
            helper = "call_or_skip"
            module, _, name = called.skip_on.partition(":")
            is_builtin = module == "builtins" and name in dir(builtins)
            error = name if is_builtin else values.import_user(own, module, name)
            positional.insert(0, Code(error))
        made = values.call(helper, "calls")
    else:
        positional = [limit, f"{called.module}:{called.function}"]
        made = values.call("gate_with_timeout" if gate else "call_with_timeout", "processes")
        if called.skip_on is not None:
            values.helpers.add("skip_on")
            positional.append(called.skip_on)
    return pycode.call(made, (*positional, *rest), keywords, INDENT, prefix)


def _arguments(
    args: Mapping[str, Value], values: Values, own: Imports | None
) -> tuple[list[tuple[str, object]], tuple[object, ...]]:
    """The arguments of a call; with ``own`` imports they may build objects."""
    return arguments(
        {
            name: _native_value(value, values, own) if own is not None else values.data(value)
            for name, value in args.items()
        }
    )


def _native_value(value: Value, values: Values, own: Imports) -> object:
    """A value of `native`: a mapping of ``call`` and ``args`` builds an object."""
    if isinstance(value, NODES):
        return values.data(value)
    if isinstance(value, dict):
        if is_object(value):
            module, _, name = str(value["call"]).partition(":")
            inner = cast("Mapping[str, Value]", value["args"])
            keywords, rest = _arguments(inner, values, own)
            return Call(values.import_user(own, module, name), rest, tuple(keywords))
        return {key: _native_value(item, values, own) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_native_value(item, values, own) for item in value]
    return values.data(value)


# --- shell --------------------------------------------------------------------------------------


def _shell(body: ShellBody, task: Task, values: Values) -> Body:
    statements: list[Code] = []
    if _is_block(body.run):
        statements.append(Code(f"{PAD}script = {values.block(body.run)}"))
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
    limit = values.limit(task)
    if limit is not None:
        keywords.append(("timeout", limit))
    skips = body.skip_exit_code is not None
    if skips:
        keywords.append(("skip_exit_code", body.skip_exit_code))
        values.helpers.add("skip_exit_code")
        values.imports.name("prefect", "State")
    helper = values.call("run_shell", "processes")
    if body.output == "text":
        call = pycode.call(helper, [script], keywords, INDENT, "return ")
        returns = Code("str | State[None]" if skips else "str")
        return Body((*statements, Code(f"{PAD}return {call}")), returns)
    if body.output == "none" and not skips:
        call = pycode.call(helper, [script], keywords, INDENT)
        return Body((*statements, Code(PAD + call)), Code("None"))
    call = pycode.call(helper, [script], keywords, INDENT, "last_line = ")
    statements.append(Code(f"{PAD}last_line = {call}"))
    if body.output == "none":
        statements.append(Code(f"{PAD}return last_line if isinstance(last_line, State) else None"))
        return Body(tuple(statements), Code("State[None] | None"))
    if skips:
        statements.append(Code(f"{PAD}if isinstance(last_line, State):"))
        statements.append(Code(f"{PAD * 2}return last_line"))
    values.imports.module("json")
    values.imports.name("typing", "Any")
    values.used.add("to_json")
    statements.append(Code(f"{PAD}return to_json(json.loads(last_line))"))
    return Body(tuple(statements), Code("Any"))


def _is_block(script: Value) -> bool:
    """Whether a script has several lines, and so a name of its own."""
    parts = script.parts if isinstance(script, Text) else (script,)
    return any("\n" in part for part in _without_end(parts))


def _without_end(parts: tuple[object, ...]) -> Iterator[str]:
    for number, part in enumerate(parts):
        if isinstance(part, str):
            yield part.rstrip("\n") if number == len(parts) - 1 else part


# --- whether others run -------------------------------------------------------------------------


def _gate(body: GateBody, task: Task, values: Values) -> Body:
    if body.call is not None:
        return _python(_Called.of(body.call), task, values, gate=True)
    return Body((statement("return ", values.condition(body.condition)),), Code("bool"))


def _check(body: CheckBody, task: Task, values: Values) -> Body:
    """The look, and a failure where it finds something else than it should."""
    own = Imports()
    if isinstance(body.look, SqlBody):
        look = pycode.layout(sql.timed(body.look, task, values), INDENT, len("holds = "))
    else:
        look = _call(_Called.of(body.look), task, values, own, "holds = ")
    raised = Call("raise ValueError", (f"check `{body.name}` of `{body.of}` does not hold",))
    lines = (
        Code(f"{PAD}holds = {look}"),
        Code(f"{PAD}if not holds:"),
        Code(f"{PAD * 2}{pycode.layout(raised, 2 * INDENT)}"),
    )
    return Body(lines, Code("None"), own.blocks(INDENT))


def _branch(body: BranchBody, task: Task, values: Values) -> Body:
    """The ids that it chooses."""
    if body.call is not None:
        own = Imports()
        call = _call(_Called.of(body.call), task, values, own, "names = ")
        helper = values.call("chosen", "calls")
        checked = pycode.call(helper, (Code("names"), list(body.choices)), (), INDENT, "return ")
        called = (Code(f"{PAD}names = {call}"), Code(f"{PAD}return {checked}"))
        return Body(called, Code("list[str]"), own.blocks(INDENT))
    lines: list[Code] = []
    for case in body.cases:
        lines.append(statement("if ", values.condition(case.condition), ":"))
        chosen = pycode.layout(list(case.to), 2 * INDENT, len("return "))
        lines.append(Code(f"{PAD * 2}return {chosen}"))
    otherwise = pycode.layout(list(body.otherwise), INDENT, len("return "))
    return Body((*lines, Code(f"{PAD}return {otherwise}")), Code("list[str]"))


_NOT_RUN: Final = {"name": "Skipped", "message": "not run: `when` is false"}


def _never(values: Values) -> Body:
    """A task that is switched off: nothing of its body is needed."""
    values.imports.name("prefect", "State")
    values.imports.name("prefect.states", "Completed")
    state = pycode.call("Completed", (), _NOT_RUN, INDENT, "return ")
    return Body((), Code("State[None]"), (), (Code(f"{PAD}return {state}"),))


def _conditional(made: Body, task: Task, values: Values) -> Body:
    """The same behind the task's condition: the state Skipped where that is false."""
    values.imports.name("prefect.states", "Completed")
    if made.returns != "Any":
        values.imports.name("prefect", "State")
    skipped = pycode.call("Completed", (), _NOT_RUN, 2 * INDENT, "return ")
    test = values.condition(task.when, negated=True)
    when = (statement("if ", test, ":"), Code(f"{PAD * 2}return {skipped}"))
    if made.returns == "None":
        statements = (*made.statements, Code(f"{PAD}return None"))
        return replace(made, statements=statements, returns=Code("State[None] | None"), when=when)
    returns = made.returns
    if returns != "Any" and "State" not in returns:
        returns = Code(f"{returns} | State[None]")
    return replace(made, returns=returns, when=when)
