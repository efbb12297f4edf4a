"""What an op's body says for values: expressions, params, the run, and the functions it calls."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.expressions.emit_python import (
    python_block,
    python_condition,
    python_data,
    python_text,
    python_value,
)
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.tree import Text
from dagglot.expressions.types import BOOLEAN, Kind, Type
from dagglot.expressions.writer import Names
from dagglot.ir.model import Pipeline, Value
from dagglot.pycode import INDENT, LINE_LENGTH, Call, Code
from dagglot.targets.dagster import connections
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import (
    OF_PARTITIONS,
    PARTITIONS,
    FileNames,
    imported_name,
    job_name,
)
from dagglot.targets.dagster.params import field_names
from dagglot.targets.dagster.view import elapsed


@dataclass(slots=True)
class OpBody:
    """What an op does, and what it needs for that.

    ``helpers`` are functions of the helper package by module, ``modules`` of the standard library;
    ``flags`` are what a helper module must be able to do, and nothing that is imported.
    """

    returns: str
    imports: Imports = field(default_factory=Imports)
    locals: dict[str, Code] = field(default_factory=dict)
    checks: list[Code] = field(default_factory=list)
    """Statements that come before the imports: a task that is skipped imports nothing."""
    statements: list[Code] = field(default_factory=list)
    helpers: set[tuple[str, str]] = field(default_factory=set)
    flags: set[tuple[str, str]] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    context: bool = False
    params: bool = False
    item: bool = False
    index: bool = False
    guarded: bool = False
    """Whether the body runs code of the user's, which may end in any way."""
    yields: bool = False
    """Whether it is a generator, which sees itself to how it may end."""
    imports_of_file: set[tuple[str, str]] = field(default_factory=set)
    """Names of the standard library that its signature says."""
    any: bool = False
    """Whether a function inside it returns anything."""
    webserver: bool = False
    """Whether it asks Dagster's webserver."""
    library: set[tuple[str, str]] = field(default_factory=set)
    """What the helpers call themselves, and the job does not import."""
    packages: set[str] = field(default_factory=set)
    """What must be installed for it."""
    secrets: set[str] = field(default_factory=set)
    """The secrets that it reads."""
    connections: dict[str, set[str]] = field(default_factory=dict)
    """The connections that it works with, and which of their fields it reads; ``""`` is all."""

    def before(self) -> tuple[Code, ...]:
        """What stands before the imports of the function."""
        return (*self._assigned(), *self.checks) if self.checks else ()

    def lines(self) -> tuple[Code, ...]:
        """What stands after them."""
        return tuple(self.statements) if self.checks else (*self._assigned(), *self.statements)

    def _assigned(self) -> tuple[Code, ...]:
        return tuple(Code(f"{name} = {value}") for name, value in self.locals.items())


class Scope:
    """The names of one op. Collects in ``made`` what the body needs."""

    def __init__(
        self, pipeline: Pipeline, names: FileNames, upstream: tuple[str, ...], values: object
    ) -> None:
        self.pipeline = pipeline
        self.names = names
        self.fields = field_names(pipeline)
        self.made = OpBody(returns="None")
        self.used: set[str] = set()
        self.taken = {names.inputs[id] for id in upstream} | set(names.resources.values())
        if pipeline.partitions is not None:
            self.taken |= OF_PARTITIONS
        leaves = tuple(tree.references(values))
        self.made.item = any(isinstance(leaf, tree.Item) for leaf in leaves)
        self.made.index = any(isinstance(leaf, tree.ItemIndex) for leaf in leaves)
        whole = any(isinstance(leaf, tree.Params) for leaf in leaves)
        self.whole_params = self.all_params() if whole else ""

    def python_names(self) -> Names:
        """Made for each value: kept, they would tie the scope to itself, in a cycle that nobody
        collects."""
        return Names(
            param=self.param,
            params=self.whole_params,
            run=self.run,
            partition=self.partition,
            output=self.names.inputs.__getitem__,
            item="item",
            index="index",
            secret=self.secret,
            connection=self.connection,
        )

    # --- values ---------------------------------------------------------------------------------

    def data(self, value: Value) -> object:
        return python_data(value, self.python_names(), self.used)

    def text(self, value: Value) -> Code:
        if isinstance(value, tree.SecretRef | tree.ConnectionField):
            return python_value(value, self.python_names(), self.used)
        return python_text(_textual(value), self.python_names(), self.used)

    def block(self, value: Value) -> Code:
        return python_block(_textual(value), self.python_names(), self.used)

    def condition(self, value: Value, *, negated: bool = False) -> Code:
        """A boolean; the task fails where the value is none."""
        if negated and isinstance(value, tree.Unary) and value.operator == "not":
            value = value.operand
        elif negated and isinstance(value, tree.NODES):
            value = tree.Unary("not", value, BOOLEAN)
        return python_condition(value, self.python_names(), self.used)

    def argument(self, value: Value) -> object:
        """A native argument: a mapping of exactly ``call`` and ``args`` builds an object."""
        match value:
            case Mapping() if set(value) == {"call", "args"} and isinstance(value["call"], str):
                module, _, name = value["call"].partition(":")
                inner = value["args"] if isinstance(value["args"], Mapping) else {}
                given = {key: self.argument(item) for key, item in inner.items()}
                return call_of(self.function(module, name), given)
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

    # --- helpers --------------------------------------------------------------------------------

    def helper(self, name: str) -> str:
        """A function that handles values."""
        self.used.add(name)
        return name

    def rule(self, name: str) -> Code:
        """A function of the trigger rules."""
        self.made.helpers.add(("rules", name))
        return Code(name)

    def collect(self) -> OpBody:
        self.made.helpers |= {("values", name) for name in self.used}
        return self.made

    # --- what lies in the environment -----------------------------------------------------------

    def secret(self, name: str) -> str:
        self.made.modules.add("os")
        self.made.secrets.add(name)
        return connections.secret(name)

    def connection(self, name: str, field: str) -> str:
        source = f"{self.resource(name, field)}.{field}"
        return f"str({source})" if field == "port" else source

    def resource(self, connection: str, field: str = "") -> str:
        """The resource of a connection, of which one field is read, or all is used."""
        self.made.connections.setdefault(connection, set()).add(field)
        return self.names.resources[connection]

    # --- what a run knows -----------------------------------------------------------------------

    def param(self, name: str, type_: Type) -> str:
        self.made.params = True
        source = f"{self.names.params_key}.{self.fields[name]}"
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
        dumped = f"{self.names.params_key}.model_dump({'by_alias=True' if aliased else ''})"
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
                time = self.run_time()
                return time if name == "time" else f"{time}.date()"

    def run_time(self) -> str:
        """The run's nominal time; a backfill over windows makes its runs at another one."""
        schedule, partitions = self.pipeline.schedule, self.pipeline.partitions
        if partitions is None or partitions.keys:
            self.made.helpers.add(("runs", "run_time"))
            return f"run_time(context, {pycode.literal(schedule.timezone)})"
        self.made.helpers.add(("partitions", "nominal_time"))
        self.made.flags.add(("runs", "run_time"))
        arguments: list[object] = [Code("context"), schedule.timezone]
        keywords: list[tuple[str, object]] = []
        if schedule.cron is not None:
            self.made.flags.add(("partitions", "cron"))
            arguments.append(schedule.cron)
        elif schedule.every is not None:
            self.made.flags.add(("partitions", "every"))
            self.made.imports_of_file.add(("datetime", "timedelta"))
            keywords += [("every", elapsed(schedule.every)), ("since", Code("START"))]
        called = Call("nominal_time", tuple(arguments), tuple(keywords))
        self.made.locals["scheduled"] = pycode.layout(called, INDENT, len("scheduled = "))
        return "scheduled"

    def partition(self, name: str) -> str:
        """A field of the partition that the run works on."""
        self.made.context = True
        if self.pipeline.partitions is not None and self.pipeline.partitions.keys:
            self.made.helpers.add(("partitions", "partition_key_of"))
            self.made.locals["partition_key"] = Code(f"partition_key_of(context, {PARTITIONS})")
            return "partition_key"
        self.made.helpers.add(("partitions", "partition_of"))
        self.made.flags.add(("runs", "run_time"))
        self.made.locals["partition"] = Code(f"partition_of(context, {PARTITIONS})")
        return f"partition.{name}"


_OWN_NAMES = frozenset(
    {
        *("os", "Path", "request", "ask", "texts", "look", "found", "wait_for"),
        *("wait_until", "started_at", "event", "event_of", "tell_slack", "tell_webhook"),
        *(
            "run_container",
            "run_pod",
            "run_command",
            "Connection",
            "Database",
            "HttpService",
            "MailServer",
            "path",
        ),
        *("context", "params", "result", "line", "all_params", "attempt_number", "json"),
        *("run_shell", "run_time", "to_json", "json_text", "to_text", "value_at", "item_of"),
        *("boolean", "to_bool", "to_int", "to_float", "to_date", "to_datetime", "add_time"),
        "update_since",
        *("item", "index", "SkipTask", "skip_on", "gate", "branch", "Decision"),
        *("Iterator", "attempt", "choose", "found", "chosen", "is_open", "output"),
    }
)
"""What else an op's body may say."""


# --- lines --------------------------------------------------------------------------------------


def statement(prefix: str, code: Code, suffix: str = "", indent: int = INDENT) -> Code:
    """A line of a body; an operation that is too long for it stands in parentheses."""
    flat = f"{prefix}{code}{suffix}"
    if indent + pycode.width(flat) <= LINE_LENGTH or "\n" in code:
        return Code(flat)
    node = ast.parse(code, mode="eval").body
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        prefix += "not "
        code = Code(ast.get_source_segment(code, node.operand) or "")
        node = node.operand
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp):
        pad = " " * indent
        inner = pycode.layout(code, indent + INDENT)
        return Code(f"{prefix}(\n{pad}{' ' * INDENT}{inner}\n{pad}){suffix}")
    return Code(f"{prefix}{pycode.layout(code, indent, len(prefix), len(suffix))}{suffix}")


def returns(value: object, indent: int = INDENT) -> Code:
    return Code(f"return {pycode.layout(value, indent, len('return '))}")


def call_of(function: str, arguments: Mapping[str, object]) -> Call:
    """A call with keywords; names that are no Python names go through ``**``."""
    odd = {name: value for name, value in arguments.items() if not _is_keyword(name)}
    plain = tuple((name, value) for name, value in arguments.items() if name not in odd)
    return Call(function, (Code(f"**{pycode.literal(odd)}"),) if odd else (), plain)


def _is_keyword(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def _textual(value: Value) -> str | tree.Expression | Text:
    """A value in a place for text: what is known is that text already."""
    if isinstance(value, tree.Literal):
        return text_of(value.value)
    if isinstance(value, (str, Text, *tree.NODES)):
        return value
    return text_of(value)


def _never(*_: str) -> str:
    raise AssertionError("the capability table refuses it")
