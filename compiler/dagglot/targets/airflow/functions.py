"""Tasks that are Python functions: TaskFlow for what users call, and for what steps decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from dagglot import pycode
from dagglot.expressions import tree, types
from dagglot.expressions.emit_python import python_condition, python_data
from dagglot.expressions.tree import references
from dagglot.ir.model import (
    BranchBody,
    CheckBody,
    GateBody,
    HttpBody,
    NoopBody,
    NotifyBody,
    OtherBody,
    PythonBody,
    SensorBody,
    SqlBody,
    Task,
    Value,
)
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import values
from dagglot.targets.airflow.imports import Imports
from dagglot.targets.airflow.kinds import values_in
from dagglot.targets.airflow.pieces import broken, clause, keyword_call
from dagglot.targets.airflow.steps import ITEMS, RULE, takes_item
from dagglot.targets.airflow.watching import ENDED

if TYPE_CHECKING:
    from dagglot.targets.airflow.lower import File

CONTEXT_ORDER: Final = ("params", "dag_run", "inlet_events", "ti")
SKIP: Final = "AirflowSkipException"


class Function:
    """The body of one function while it is written.

    ``outputs`` and ``item`` are parameters; ``context`` collects what Airflow passes by name.
    """

    def __init__(self, file: File, task: Task, indent: int, hook: bool = False) -> None:
        self.file = file
        self.task = task
        self.inner = indent + pycode.INDENT
        self.hook = hook
        self.imports = Imports()
        self.opening: list[Code] = []
        self.statements: list[Code] = []
        self.checks: list[Code] = []
        self.context: dict[str, None] = {}
        self.used: set[str] = set()
        self.parameters: list[str] = []
        told = values_in(task, hook)
        leaves = [leaf for value in told for leaf in references(value)]
        self.whole = any(isinstance(leaf, tree.Params) for leaf in leaves)
        passed = () if hook else file.passing.arguments(task)
        names = {
            leaf.task: file.names.outputs[leaf.task]
            for leaf in leaves
            if isinstance(leaf, tree.TaskOutput)
        }
        # the file's methods: with its own it would be tied to itself, in a cycle nobody collects
        stores = values.Stores(file.secret, file.connection)
        self.names = values.python_names(
            file.pipeline, names, self.used, self.context, self.whole, stores
        )
        for id in dict.fromkeys([*passed, *names]):
            name = names[id]
            if id not in passed:
                self.opening.append(Code(f"{name} = {self.pulled(id)}"))
                continue
            self.parameters.append(name)
            if file.woven.is_mapped(id) and not file.woven.together(task.id, id):
                self.opening.append(Code(f"{name} = list({name})"))
        if any(isinstance(leaf, tree.ItemIndex) for leaf in leaves):
            self.context["ti"] = None
        expanded = task.for_each is not None and not hook
        if expanded or any(isinstance(leaf, tree.Item) for leaf in leaves):
            self.item()

    def item(self) -> None:
        if self.hook and self.task.for_each is not None:
            self.opening.append(Code('item = context["task"].item'))
        elif not self.hook and (self.task.for_each is not None or takes_item(self.task)):
            self.parameters.append("item")
        else:
            self.context["ti"] = None
            items = self.file.woven.items[self.file.woven.groups[self.task.id].id]
            pull = Call("ti.xcom_pull", (), (("task_ids", items),))
            self.opening.append(Code(f"item = {pycode.literal(pull)}[ti.map_index]"))

    def pulled(self, id: str) -> str:
        """An output that no edge of its own may bring."""
        self.context["ti"] = None
        if self.file.woven.together(self.task.id, id):
            index = (("task_ids", id), ("map_indexes", Code("ti.map_index")))
            return pycode.literal(Call("ti.xcom_pull", (), index))
        if self.file.woven.is_mapped(id):
            return pycode.literal(Call(self.file.helper("outputs_of"), (Code("ti"), id)))
        return pycode.literal(Call("ti.xcom_pull", (), (("task_ids", id),)))

    # --- what a body says -------------------------------------------------------------------

    def condition(self, value: Value) -> Code:
        return python_condition(value, self.names, self.used)

    def when(self) -> None:
        """Leave before anything is done where the task's own condition is false."""
        if self.task.when is True:
            return
        negated = self.condition(tree.Unary("not", _expression(self.task.when), types.BOOLEAN))
        raised = self.raised("`when` is false")
        self.checks.append(self.suite(clause("if ", negated, ":", self.inner), raised))

    def raised(self, text: str) -> str:
        return pycode.literal(Call(f"raise {self.file.airflow(SKIP)}", (text,)))

    def suite(self, head: str, *lines: str) -> Code:
        pad = " " * (self.inner + pycode.INDENT)
        return Code("\n".join([head, *(f"{pad}{line}" for line in lines)]))

    def arguments(self, args: Mapping[str, Value], indent: int) -> dict[str, object]:
        given = {name: python_data(value, self.names, self.used) for name, value in args.items()}
        for name, value in given.items():
            if isinstance(value, Code):
                given[name] = broken(value, indent, len(name) + 1)
        return given

    def imported(self, module: str, name: str, taken: Sequence[str] = ()) -> str:
        """Import a name of the user's inside the function; the name that it gets there."""
        first, dot, rest = name.partition(".")
        names = {*self.file.used, *self.used, *self.parameters, *self.context, *taken}
        names |= {line.partition(" = ")[0] for line in self.opening}
        called = pycode.identifier(first, names)
        self.imports.name(module, first, called)
        return f"{called}{dot}{rest}"

    def called(self, body: PythonBody) -> Call:
        """The call of the user's function."""
        given = self.arguments(body.args, self.inner + 2 * pycode.INDENT)
        return keyword_call(
            self.imported(body.module, body.function), given, self.inner + 2 * pycode.INDENT
        )

    def returns(self, value: object) -> None:
        if isinstance(value, Code):
            self.statements.append(clause("return ", value, "", self.inner))
        else:
            self.statements.append(Code(f"return {pycode.layout(value, self.inner, 7)}"))

    # --- kinds ------------------------------------------------------------------------------

    def python(self, body: PythonBody) -> None:
        self.file.used.add("to_json")
        if body.skip_on is None:
            self.when()
            self.returns(Call("to_json", (self.called(body),)))
            return
        self.when()
        given = self.arguments(body.args, self.inner + 2 * pycode.INDENT)
        function = self.imported(body.module, body.function)
        module, _, name = body.skip_on.partition(":")
        skips = name if module == "builtins" else self.imported(module, name, (function,))
        call = keyword_call(function, given)
        if any(True for _ in references(body.args)):
            # what fails to be read is no reason to skip
            self.statements.append(pycode.assignment("arguments", given, self.inner))
            call = Call(function, (Code("**arguments"),))
        deeper = self.inner + pycode.INDENT
        pad, wide = " " * self.inner, " " * deeper
        raised = pycode.literal(Call(f"raise {self.file.airflow(SKIP)}", (Code("repr(error)"),)))
        self.statements.append(
            Code(
                f"try:\n{wide}{pycode.assignment('output', call, deeper)}\n"
                f"{pad}except {skips} as error:\n{wide}{raised} from error"
            )
        )
        self.returns(Call("to_json", (Code("output"),)))

    def check(self, body: CheckBody) -> None:
        if isinstance(body.look, SqlBody):
            from dagglot.targets.airflow import statements

            look: Code | Call = statements.function(self, body.look)
        else:
            look = self.called(body.look)
        self.statements.append(pycode.assignment("holds", look, self.inner))
        raised = Call("raise ValueError", (f"check `{body.name}` of `{body.of}` does not hold",))
        indent = self.inner + pycode.INDENT
        self.statements.append(self.suite("if not holds:", pycode.layout(raised, indent)))

    def gate(self, body: GateBody) -> None:
        self.when()
        if body.call is not None:
            self.returns(Call("bool", (self.called(body.call),)))
        else:
            self.returns(self.condition(body.condition))

    def branch(self, body: BranchBody, grouped: bool) -> None:
        """In a mapped group (``grouped``) a branch is a plain task, and its output is all."""
        self.when()
        if body.call is not None:
            call = self.called(body.call)
            if grouped:
                call = Call(self.file.helper("named"), (call, list(body.choices)))
            self.returns(call)
            return
        for case in body.cases:
            literal = pycode.layout(list(case.to), self.inner + pycode.INDENT, 7)
            test = clause("if ", self.condition(case.condition), ":", self.inner)
            self.statements.append(self.suite(test, f"return {literal}"))
        self.returns(list(body.otherwise))

    def items(self, value: Value) -> None:
        data = python_data(value, self.names, self.used)
        known = isinstance(value, tuple | tree.ListOf)
        self.returns(data if known else Call(self.file.helper("as_items"), (data,)))

    def rule(self, settings: Mapping[str, Any]) -> None:
        self.context["ti"] = None
        woven, task = self.file.woven, self.task
        keywords: list[tuple[str, object]] = []
        if settings["gates"]:
            keywords.append(("gates", list(settings["gates"])))
        if settings["branches"]:
            branches = {id: list(names) for id, names in settings["branches"].items()}
            keywords.append(("branches", branches))
        if settings["lists"]:
            keywords.append(("lists", list(settings["lists"])))
        outside = [id for id in settings["upstream"] if not woven.together(task.id, id)]
        inside = [id for id in settings["upstream"] if id not in outside]
        arguments: list[object] = [Code("ti"), settings["rule"], inside]
        if outside:
            keywords.insert(0, ("outside", outside))
        call = Call(self.file.helper("decide"), tuple(arguments), tuple(keywords))
        self.statements.append(pycode.layout(call, self.inner))

    def watch(self, ids: Sequence[str]) -> None:
        if ids:
            self.context["ti"] = None
            call = Call(self.file.helper("fail_with"), (Code("ti"), list(ids)))
            self.statements.append(pycode.layout(call, self.inner))
            return
        error = self.file.airflow("AirflowFailException")
        self.statements.append(
            Code(pycode.literal(Call(f"raise {error}", ("a task of this run has failed",))))
        )

    # --- the whole --------------------------------------------------------------------------

    def write(self) -> None:
        """The body of the task, kind by kind."""
        match self.task.body:
            case PythonBody() as body:
                self.python(body)
            case SqlBody() as body:
                from dagglot.targets.airflow import statements  # here: few pipelines have each

                self.when()
                self.returns(statements.function(self, body))
            case HttpBody() as body:
                from dagglot.targets.airflow import requests

                self.when()
                self.returns(requests.call(self, body))
            case NotifyBody() as body:
                from dagglot.targets.airflow import messages

                messages.tell(self, body)
            case SensorBody() as body:
                from dagglot.targets.airflow import sensors

                sensors.look(self, body)
            case GateBody() as body:
                self.gate(body)
            case BranchBody() as body:
                self.branch(body, self.task.id in self.file.woven.groups)
            case CheckBody() as body:
                self.check(body)
            case OtherBody(kind=kind, settings=settings) if kind == ITEMS:
                self.items(settings["in"])
            case OtherBody(kind=kind, settings=settings) if kind == RULE:
                self.rule(settings)
            case OtherBody(kind=kind) if kind == ENDED:
                pass  # its docs say all
            case OtherBody(settings=settings):
                self.watch(settings["ids"])  # type: ignore[arg-type]
            case NoopBody():
                self.when()
            case _:
                raise AssertionError(f"{self.task.body} is no function")

    def finished(self) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
        """The statements before the imports, and those after them; call it last.

        A task whose own condition is false is skipped also where its module is not there.
        """
        self.file.used |= self.used
        first: list[Code] = []
        if "params" in self.context and self.file.pipeline.schedule.params:
            self.context["dag_run"] = None
            first.append(Code("params = run_params(params, dag_run)"))
        if self.whole and self.names.params != "params":
            typed = self.typed_params()
            first.append(Code(f"{self.names.params} = {typed}"))
            self.file.used |= self.used
        opening = (*first, *self.opening)
        if self.checks:
            return (*opening, *self.checks), tuple(self.statements)
        return (), (*opening, *self.statements)

    def typed_params(self) -> Code:
        """All params in a map; dates and datetimes in it have their types."""
        inner = self.inner + pycode.INDENT
        every = self.file.pipeline.partitions is not None  # one more of Airflow's params
        lines = [] if every else [Code("**params")]
        for param in self.file.pipeline.params:
            if every or param.type.kind.is_moment:
                key = f"{pycode.literal(param.name)}: "
                value = self.names.param(param.name, param.type)
                lines.append(Code(key + broken(value, inner, len(key))))
        text = "".join(f"{' ' * inner}{line},\n" for line in lines)
        return Code(f"{{\n{text}{' ' * self.inner}}}")

    def signature(self) -> list[Code]:
        parameters = [Code(name) for name in self.parameters]
        return parameters + [Code(f"{name}=None") for name in CONTEXT_ORDER if name in self.context]


def _expression(value: Value) -> tree.Expression:
    if isinstance(value, tree.NODES):
        return value
    return tree.Literal(value, types.BOOLEAN)
