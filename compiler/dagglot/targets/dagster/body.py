"""The body of an op: the statements of each kind of task.

What lowers the kinds that talk to systems is imported where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.ir.model import (
    BranchBody,
    CheckBody,
    ContainerBody,
    DbtBody,
    GateBody,
    HttpBody,
    NativeBody,
    NativeCall,
    NoopBody,
    NotebookBody,
    NotifyBody,
    Pipeline,
    PythonBody,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
    TriggerPipelineBody,
    Value,
)
from dagglot.ir.task_values import body_values
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster.decisions import decisions
from dagglot.targets.dagster.names import FileNames
from dagglot.targets.dagster.scope import OpBody, Scope, call_of, returns, statement

if TYPE_CHECKING:
    from dagglot.targets.dagster.kinds import Kinds

_PAD = " " * INDENT


def op_body(task: Task, pipeline: Pipeline, names: FileNames) -> OpBody:
    """The body of a task's op."""
    return _Writer(task, pipeline, names).body()


def list_body(items: Value, pipeline: Pipeline, names: FileNames, reads: tuple[str, ...]) -> OpBody:
    """The body of the op that makes the list to map over."""
    scope = Scope(pipeline, names, reads, items)
    scope.made.returns = "Any"
    scope.made.statements.append(returns(scope.data(items)))
    return scope.collect()


class _Writer:
    def __init__(self, task: Task, pipeline: Pipeline, names: FileNames) -> None:
        self.task = task
        self.pipeline = pipeline
        self.names = names
        values = _values(task)
        if isinstance(task.body, NotifyBody):
            from dagglot.targets.dagster import alerts

            values = (*values, *(alert.settings for alert in alerts.told(task.body, pipeline)))
        self.scope = Scope(pipeline, names, task.upstream, values)
        self.made = self.scope.made

    def body(self) -> OpBody:
        if self.task.when is not True:
            self.when(self.task.when)
        if self.task.when is False:
            return self.scope.collect()
        match self.task.body:
            case PythonBody() as body:
                self.python(body)
            case NativeBody(calls=calls):
                self.native(calls["dagster"])
            case ShellBody() as body:
                self.shell(body)
            case GateBody() as body:
                self.gate(body)
            case BranchBody() as body:
                self.branch(body)
            case SqlBody() as body:
                self.kinds().sql(body)
            case CheckBody(look=look):
                self.check(look)
            case HttpBody() as body:
                self.kinds().http(body)
            case SensorBody() as body:
                self.kinds().sensor(body)
            case TriggerPipelineBody() as body:
                self.kinds().trigger(body)
            case ContainerBody() | DbtBody() | NotebookBody() | SparkBody() as body:
                from dagglot.targets.dagster import commands

                commands.work(body, self.task, self.pipeline, self.scope)
            case NotifyBody() as body:
                from dagglot.targets.dagster import alerts

                alerts.notify(body, self.task, self.pipeline, self.scope)
            case NoopBody():
                pass
            case _:
                raise AssertionError(f"the capability table refuses {self.task.body}")
        return self.scope.collect()

    def kinds(self) -> Kinds:
        from dagglot.targets.dagster.kinds import Kinds

        return Kinds(self.scope, self.pipeline, self.python_call)

    def when(self, condition: Value) -> None:
        skip = Code(f"raise {self.scope.rule('SkipTask')}({pycode.literal('`when` is false')})")
        if condition is not False:
            test = statement("if ", self.scope.condition(condition, negated=True), ":")
            skip = Code(f"{test}\n{_PAD * 2}{skip}")
        self.made.checks.append(skip)

    # --- kinds ----------------------------------------------------------------------------------

    def python(self, body: PythonBody) -> None:
        self.finish_call(self.python_call(body))

    def python_call(self, body: PythonBody) -> Call:
        arguments = {name: self.scope.data(value) for name, value in body.args.items()}
        function = self.scope.function(body.module, body.function)
        if body.skip_on is not None:
            module, _, name = body.skip_on.partition(":")
            error = Code(name) if module == "builtins" else self.scope.function(module, name)
            function = pycode.literal(Call(self.scope.rule("skip_on"), (error, function)))
        return call_of(function, arguments)

    def native(self, entry: NativeCall) -> None:
        arguments = {name: self.scope.argument(value) for name, value in entry.args.items()}
        self.finish_call(call_of(self.scope.function(entry.module, entry.name), arguments))

    def finish_call(self, called: Call) -> None:
        """Return what the call returns as JSON; a call that takes several lines stands alone."""
        self.made.guarded = True
        self.made.returns = "Any"
        self.scope.helper("to_json")
        line = returns(Call("to_json", (called,)))
        if "\n" not in line:
            self.made.statements.append(line)
        else:
            self.made.statements.append(pycode.assignment("result", called, INDENT))
            self.made.statements.append(Code("return to_json(result)"))

    def shell(self, body: ShellBody) -> None:
        self.made.context = True
        keywords: dict[str, object] = {}
        script = self.scope.block(body.run)
        if self.task.env:
            env = self.task.env.items()
            keywords["env"] = {name: self.scope.text(value) for name, value in env}
        if body.cwd is not None:
            keywords["cwd"] = self.scope.text(body.cwd)
        if not body.strict:
            keywords["strict"] = False
        if body.skip_exit_code is not None:
            keywords["skip_exit_code"] = body.skip_exit_code
            self.made.flags |= {("shell", "skip_exit_code"), ("rules", "SkipTask")}
        self.made.helpers.add(("shell", "run_shell"))
        called = Call("run_shell", (Code("context"), script), tuple(keywords.items()))
        match body.output:
            case "text":
                self.made.returns = "str"
                self.made.statements.append(returns(called))
            case "json":
                self.made.returns = "Any"
                self.made.modules.add("json")
                self.scope.helper("to_json")
                self.made.statements.append(pycode.assignment("line", called, INDENT))
                self.made.statements.append(Code("return to_json(json.loads(line))"))
            case "none":
                self.made.statements.append(pycode.layout(called, INDENT))
            case _:
                assert_never(body.output)

    def check(self, look: SqlBody | PythonBody) -> None:
        """Return what the look finds: the decorator `checks` says what that means."""
        self.made.returns = "Any"
        if isinstance(look, SqlBody):
            self.made.statements.append(returns(self.kinds().query(look)))
        else:
            self.made.guarded = True
            self.made.statements.append(returns(self.python_call(look)))

    # --- whether others run ---------------------------------------------------------------------

    def gate(self, body: GateBody) -> None:
        made = decisions(self.task, self.pipeline, self.names, self.scope)
        if body.call is not None:
            made.gate_of_call(Call("bool", (self.python_call(body.call),)))
        else:
            made.gate_of_condition(body.condition)

    def branch(self, body: BranchBody) -> None:
        made = decisions(self.task, self.pipeline, self.names, self.scope)
        if body.call is not None:
            self.scope.helper("to_json")
            made.branch_of_call(Call("to_json", (self.python_call(body.call),)))
        else:
            made.branch_of_cases(body)


def outputs_read(task: Task) -> frozenset[str]:
    """The tasks whose outputs the body reads."""
    leaves = tree.references(_values(task))
    return frozenset(leaf.task for leaf in leaves if isinstance(leaf, tree.TaskOutput))


def _values(task: Task) -> tuple[Any, ...]:
    if task.when is False:
        return ()
    if isinstance(task.body, NativeBody):
        entry = task.body.calls.get("dagster")
        return (task.when, entry.args if entry is not None else {})
    return (task.when, task.env, *(value for value, _ in body_values(task)))
