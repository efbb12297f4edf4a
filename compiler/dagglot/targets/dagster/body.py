"""The body of an op: the names that expressions have there, and the statements of each kind."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.expressions.emit_python import python_block, python_data, python_text
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.tree import Text
from dagglot.expressions.types import Kind, Type
from dagglot.expressions.writer import Names
from dagglot.ir.model import (
    NativeBody,
    NativeCall,
    NoopBody,
    Pipeline,
    PythonBody,
    ShellBody,
    Task,
    Value,
)
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import FileNames, imported_name, job_name


@dataclass(slots=True)
class OpBody:
    """What an op does, and what it needs for that.

    ``helpers`` are functions of the helper package by module, ``modules`` of the standard library.
    """

    returns: str
    imports: Imports = field(default_factory=Imports)
    locals: dict[str, Code] = field(default_factory=dict)
    statements: list[Code] = field(default_factory=list)
    helpers: set[tuple[str, str]] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    context: bool = False
    params: bool = False
    guarded: bool = False
    """Whether the body runs code of the user's, which may end in any way."""

    def lines(self) -> tuple[Code, ...]:
        return (*(Code(f"{name} = {value}") for name, value in self.locals.items()),
                *self.statements)  # fmt: skip


def op_body(task: Task, pipeline: Pipeline, names: FileNames, fields: Mapping[str, str]) -> OpBody:
    """The body of a task's op; ``fields`` are those of the params."""
    writer = _Writer(task, pipeline, names, fields)
    match task.body:
        case PythonBody() as body:
            writer.python(body)
        case NativeBody(calls=calls):
            writer.native(calls["dagster"])
        case ShellBody() as body:
            writer.shell(body)
        case NoopBody():
            pass
        case _:
            raise AssertionError(f"the capability table refuses {task.body}")
    return writer.made


class _Writer:
    def __init__(
        self, task: Task, pipeline: Pipeline, names: FileNames, fields: Mapping[str, str]
    ) -> None:
        self.task = task
        self.pipeline = pipeline
        self.names = names
        self.fields = fields
        self.made = OpBody(returns="None")
        self.used: set[str] = set()
        self.taken = {names.inputs[id] for id in task.upstream}
        whole = any(isinstance(leaf, tree.Params) for leaf in tree.references(_values(task)))
        self.whole_params = self.all_params() if whole else ""

    def python_names(self) -> Names:
        """Made for each value: kept, they would tie the writer to itself, in a cycle that nobody
        collects."""
        return Names(
            param=self.param,
            params=self.whole_params,
            run=self.run,
            partition=_never,
            output=self.names.inputs.__getitem__,
            item="item",
            index="index",
            secret=_never,
            connection=_never,
        )

    # --- kinds ----------------------------------------------------------------------------------

    def python(self, body: PythonBody) -> None:
        arguments = {name: self.data(value) for name, value in body.args.items()}
        self.finish_call(self.function(body.module, body.function), arguments)

    def native(self, entry: NativeCall) -> None:
        arguments = {name: self.argument(value) for name, value in entry.args.items()}
        self.finish_call(self.function(entry.module, entry.name), arguments)

    def finish_call(self, function: Code, arguments: Mapping[str, object]) -> None:
        """Return what the call returns as JSON; a call that takes several lines stands alone."""
        self.made.guarded = True
        self.made.returns = "Any"
        called = _call(function, arguments)
        self.helper("to_json")
        flat = pycode.layout(Call("to_json", (called,)), INDENT, len("return "))
        if "\n" not in flat:
            self.made.statements.append(Code(f"return {flat}"))
        else:
            self.made.statements.append(pycode.assignment("result", called, INDENT))
            self.made.statements.append(Code("return to_json(result)"))
        self.collect()

    def shell(self, body: ShellBody) -> None:
        self.made.context = True
        keywords: dict[str, object] = {}
        script = python_block(_textual(body.run), self.python_names(), self.used)
        if self.task.env:
            keywords["env"] = {name: self.text(value) for name, value in self.task.env.items()}
        if body.cwd is not None:
            keywords["cwd"] = self.text(body.cwd)
        if not body.strict:
            keywords["strict"] = False
        self.made.helpers.add(("shell", "run_shell"))
        called = Call("run_shell", (Code("context"), script), tuple(keywords.items()))
        match body.output:
            case "text":
                self.made.returns = "str"
                line = Code(f"return {pycode.layout(called, INDENT, len('return '))}")
                self.made.statements.append(line)
            case "json":
                self.made.returns = "Any"
                self.made.modules.add("json")
                self.helper("to_json")
                self.made.statements.append(pycode.assignment("line", called, INDENT))
                self.made.statements.append(Code("return to_json(json.loads(line))"))
            case "none":
                self.made.statements.append(pycode.layout(called, INDENT))
            case _:
                assert_never(body.output)
        self.collect()

    # --- values ---------------------------------------------------------------------------------

    def data(self, value: Value) -> object:
        if isinstance(value, str):
            return value
        return python_data(value, self.python_names(), self.used)

    def text(self, value: Value) -> Code:
        return python_text(_textual(value), self.python_names(), self.used)

    def argument(self, value: Value) -> object:
        """A native argument: a mapping of exactly ``call`` and ``args`` builds an object."""
        match value:
            case Mapping() if set(value) == {"call", "args"} and isinstance(value["call"], str):
                module, _, name = value["call"].partition(":")
                inner = value["args"] if isinstance(value["args"], Mapping) else {}
                given = {key: self.argument(item) for key, item in inner.items()}
                return _call(self.function(module, name), given)
            case Mapping():
                return {key: self.argument(item) for key, item in value.items()}
            case tuple():
                return [self.argument(item) for item in value]
            case _:
                return self.data(value)

    def function(self, module: str, name: str) -> Code:
        """The user's function or class, imported inside the op."""
        called = imported_name(name, {*self.taken, *_OWN_NAMES})
        self.made.imports.name(module, name, called)
        return Code(called)

    def helper(self, name: str) -> str:
        self.used.add(name)
        return name

    def collect(self) -> None:
        self.made.helpers |= {("values", name) for name in self.used}

    # --- what a run knows -----------------------------------------------------------------------

    def param(self, name: str, type_: Type) -> str:
        self.made.params = True
        source = f"params.{self.fields[name]}"
        zone = pycode.literal(self.pipeline.schedule.timezone)
        match type_.kind:
            case Kind.DATE:
                made = f"{self.helper('to_date')}({source})"
            case Kind.DATETIME:
                made = f"{self.helper('to_datetime')}({source}, {zone})"
            case _:
                return source
        if not type_.nullable:
            return made
        local = pycode.identifier(name, {*self.taken, *_OWN_NAMES})
        self.made.locals[local] = Code(f"{made} if {source} is not None else None")
        return local

    def all_params(self) -> str:
        """All params as a map, the moments in it as such; it stands in a variable of its own."""
        self.made.params = True
        aliased = any(name != field for name, field in self.fields.items())
        dumped = f"params.model_dump({'by_alias=True' if aliased else ''})"
        moments = [one for one in self.pipeline.params if one.type.kind.is_moment]
        if moments:
            pairs = [
                f"{pycode.literal(one.name)}: {self.param(one.name, one.type)}" for one in moments
            ]
            pad = " " * (2 * INDENT)
            lines = "".join(f"{pad}{pair},\n" for pair in (f"**{dumped}", *pairs))
            dumped = f"{{\n{lines}{' ' * INDENT}}}"
        self.made.locals["all_params"] = Code(dumped)
        return "all_params"

    def run(self, name: str) -> str:
        if name == "pipeline" and job_name(self.pipeline) != self.pipeline.id:
            return pycode.literal(self.pipeline.id)
        self.made.context = True
        match name:
            case "id":
                return "context.run_id"
            case "pipeline":
                return "context.job_name"
            case "attempt":
                self.made.locals["attempt_number"] = Code("context.retry_number + 1")
                return "attempt_number"
            case _:
                self.made.helpers.add(("runs", "run_time"))
                time = f"run_time(context, {pycode.literal(self.pipeline.schedule.timezone)})"
                return time if name == "time" else f"{time}.date()"


_OWN_NAMES = frozenset(
    {
        *("context", "params", "result", "line", "all_params", "attempt_number", "json"),
        *("run_shell", "run_time", "to_json", "json_text", "to_text", "value_at", "item_of"),
        *("boolean", "to_bool", "to_int", "to_float", "to_date", "to_datetime", "add_time"),
    }
)
"""What else an op's body may say."""


def _textual(value: Value) -> str | tree.Expression | Text:
    """A value in a place for text: what is known is that text already."""
    if isinstance(value, tree.Literal):
        return text_of(value.value)
    if isinstance(value, (str, Text, *tree.NODES)):
        return value
    return text_of(value)


def outputs_read(task: Task) -> frozenset[str]:
    """The tasks whose outputs the body reads."""
    leaves = tree.references(_values(task))
    return frozenset(leaf.task for leaf in leaves if isinstance(leaf, tree.TaskOutput))


def _values(task: Task) -> tuple[Any, ...]:
    match task.body:
        case PythonBody(args=args):
            return (args,)
        case ShellBody(run=run):
            return (run, task.env)
        case NativeBody(calls=calls) if "dagster" in calls:
            return (calls["dagster"].args,)
        case _:
            return ()


def _call(function: str, arguments: Mapping[str, object]) -> Call:
    """A call with keywords; names that are no Python names go through ``**``."""
    odd = {name: value for name, value in arguments.items() if not _is_keyword(name)}
    plain = tuple((name, value) for name, value in arguments.items() if name not in odd)
    return Call(function, (Code(f"**{pycode.literal(odd)}"),) if odd else (), plain)


def _is_keyword(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def _never(*_: str) -> str:
    raise AssertionError("the capability table refuses it")
