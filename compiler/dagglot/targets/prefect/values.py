"""How a task's function spells what a run knows, and which of it it must be given."""

from __future__ import annotations

from collections.abc import Mapping

from dagglot.expressions.emit_python import (
    python_block,
    python_condition,
    python_data,
    python_text,
)
from dagglot.expressions.tree import (
    NODES,
    Expression,
    Params,
    SecretRef,
    Text,
    Unary,
    references,
)
from dagglot.expressions.types import BOOLEAN, Type
from dagglot.expressions.writer import Names
from dagglot.frozen import dataclass
from dagglot.ir.model import ApprovalBody, Param, Pipeline, Task, Value
from dagglot.pycode import Call, Code, literal
from dagglot.targets.prefect import names as naming
from dagglot.targets.prefect.blocks import DRIVERS, block_name
from dagglot.targets.prefect.body import PAD, seconds
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import PACKAGE, PARTITION
from dagglot.targets.prefect.params import import_plain, is_literal_text, plain_type


@dataclass(frozen=True, slots=True)
class Argument:
    """What a task's function is given; ``source`` is the id of a task, or the name of a param."""

    source: str
    name: str
    type: Code
    is_param: bool


class Values:
    """The values of one task. Collects the arguments that its function takes.

    ``functions`` collects the generated helpers that the function calls; ``each``: it is given an
    element of a list and its index first.
    """

    def __init__(
        self, pipeline: Pipeline, task: Task, imports: Imports, each: bool = False
    ) -> None:
        self.pipeline = pipeline
        self.imports = imports
        self.used: set[str] = set()
        self.helpers: set[str] = set()
        self.needs_params: set[str] = set()
        self.needs_outputs: set[str] = set()
        self.whole_params = False
        self.asks_for_window = False
        self.declared: Mapping[str, Param] = {param.name: param for param in pipeline.params}
        self.each = each
        self.constants: Mapping[str, str] = {}
        """What the module calls its own values, such as ``asset raw.orders``."""
        self.taken = taken = {*naming.TAKEN_IN_BODIES, *(("item", "index") if each else ())}
        taken |= naming.LOCALS.get(type(task.body), frozenset())
        self.locals = {name: naming.take_local(name, taken) for name in self.declared}
        self.outputs = {id: naming.take_local(f"{id}_output", taken) for id in task.upstream}
        self.users: dict[tuple[str, str], str] = {}

    def names(self) -> Names:
        """Made for each value: kept, they would tie the values to themselves, in a cycle that
        nobody collects."""
        return Names(
            param=self._param,
            params="params",
            run=self._run,
            partition=self._partition,
            output=self._output,
            item="item",
            index="index",
            secret=self._secret,
            connection=self._field,
        )

    def data(self, value: Value) -> object:
        """The value with its type, for `pycode.layout`."""
        if isinstance(value, str):
            return value
        self._look(value)
        return python_data(value, self.names(), self.used)

    def condition(self, value: Value, *, negated: bool = False) -> Code:
        """A boolean; the task fails where the value is none."""
        self._look(value)
        if negated and isinstance(value, Unary) and value.operator == "not":
            value = value.operand
        elif negated and isinstance(value, NODES):
            value = Unary("not", value, BOOLEAN)
        return python_condition(value, self.names(), self.used)

    def text(self, value: Value) -> Code:
        """The text that the value becomes."""
        self._look(value)
        if isinstance(value, SecretRef):  # a text already
            return Code(self._secret(value.name))
        return python_text(_textual(value), self.names(), self.used)

    def block(self, value: Value) -> Code:
        """The same, several lines as a block."""
        self._look(value)
        return python_block(_textual(value), self.names(), self.used)

    def whole(self) -> dict[str, object]:
        """All params by name, where an expression asks for the whole map."""
        partitioned = self.pipeline.partitions is not None
        return {
            name: Code(self._param(name, param.type))
            for name, param in self.declared.items()
            if not (partitioned and name == PARTITION)
        }

    def arguments(self) -> tuple[Argument, ...]:
        """What the function takes: outputs of the tasks upstream, then params."""
        made = [
            Argument(upstream, name, Code("Any"), is_param=False)
            for upstream, name in self.outputs.items()
            if upstream in self.needs_outputs
        ]
        if made:
            self.imports.name("typing", "Any")
        for source, param in self.declared.items():
            if source in self.needs_params:
                import_plain(param, self.imports)
                type_ = Code(plain_type(param))
                made.append(Argument(source, self.locals[source], type_, is_param=True))
        return tuple(made)

    def call(self, helper: str, module: str) -> str:
        """A generated helper function that the task's function calls."""
        self.helpers.add(helper)
        self.imports.name(f"{PACKAGE}.{module}", helper)
        return helper

    def import_user(self, own: Imports, module: str, name: str) -> str:
        """The name under which a function of the user's is imported into the body."""
        if (module, name) not in self.users:
            local = naming.take_local(name, self.taken)
            self.users[module, name] = local
            own.alias(module, name, local)
        return self.users[module, name]

    def limit(self, task: Task | ApprovalBody) -> object:
        """How many seconds an attempt may take: its own limit, and what the run's leaves it."""
        own = None if task.timeout is None else seconds(task.timeout)
        if self.pipeline.timeout is None:
            return own
        helper = self.call("seconds_left", "runs")
        whole = seconds(self.pipeline.timeout)
        return Call(helper, (whole,) if own is None else (whole, own))

    def parameter(self, param: str) -> str:
        """What a param is called in a flow run."""
        return naming.argument(param)

    def run_time(self) -> str:
        """The run's nominal time, in the schedule's zone."""
        return self._run("time")

    def import_values(self) -> None:
        """The helper functions that the expressions call."""
        for function in self.used:
            self.imports.name(f"{PACKAGE}.values", function)

    def _look(self, value: Value) -> None:
        if not self.whole_params and _asks_for_all(value):
            self.whole_params = True
            self.whole()

    def _param(self, name: str, type_: Type) -> str:
        self.needs_params.add(name)
        param = self.declared[name]
        if not is_literal_text(param):
            return self.locals[name]
        zone = f", {literal(self.pipeline.schedule.timezone)}"
        helper = f"to_{type_.kind.value}"
        self.used.add(helper)
        made = f"{helper}({self.locals[name]}{zone if helper == 'to_datetime' else ''})"
        return f"({made} if {self.locals[name]} is not None else None)" if type_.nullable else made

    def _run(self, name: str) -> str:
        if name == "pipeline":
            return literal(self.pipeline.id)
        if name in ("id", "attempt"):
            self.imports.name("prefect", "runtime")
            return {"id": "runtime.flow_run.id", "attempt": "runtime.task_run.run_count"}[name]
        helper = self.call("run_time", "runs")
        made = f"{helper}({literal(self.pipeline.schedule.timezone)})"
        return f"{made}.date()" if name == "date" else made

    def _partition(self, name: str) -> str:
        if self.pipeline.partitions is not None and self.pipeline.partitions.keys:
            return self._param(PARTITION, self.declared[PARTITION].type)
        self.asks_for_window = True
        return f"{self.locals[PARTITION]}.{name}"

    def window(self) -> tuple[Code, ...]:
        """What a function says first of the partition whose times it reads."""
        if not self.asks_for_window:
            return ()
        constant = naming.naming(self.pipeline).constants["partitions"]
        return (Code(f"{PAD}{self.locals[PARTITION]} = {constant}.of_run()"),)

    def _secret(self, name: str) -> str:
        return f"{self.call('secret', 'secrets')}({literal(block_name(name))})"

    def _field(self, name: str, field: str) -> str:
        declared = next(one for one in self.pipeline.connections if one.name == name)
        helper = "database" if declared.type in DRIVERS else "connection"
        return f"{self.call(helper, 'connections')}({literal(block_name(name))}).{field}"

    def _output(self, task: str) -> str:
        self.needs_outputs.add(task)
        return self.outputs[task]


def _textual(value: Value) -> str | Expression | Text:
    """A text of the document; the schema lets nothing else stand where text is wanted."""
    return value if not isinstance(value, bool | int | float | None) else str(value)  # type: ignore[return-value]


def _asks_for_all(value: object) -> bool:
    return any(isinstance(leaf, Params) for leaf in references(value))
