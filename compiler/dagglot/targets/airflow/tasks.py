"""One task to what its DAG file says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from dagglot import pycode
from dagglot.ir.expand import thaw
from dagglot.ir.kinds import PipelineWait
from dagglot.ir.model import (
    ApprovalBody,
    BranchBody,
    CheckBody,
    ContainerBody,
    DbtBody,
    GateBody,
    NativeBody,
    NoopBody,
    NotebookBody,
    OtherBody,
    PythonBody,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
    TriggerPipelineBody,
    TriggerRule,
)
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import assets, docs
from dagglot.targets.airflow.functions import CONTEXT_ORDER, Function
from dagglot.targets.airflow.kinds import is_function
from dagglot.targets.airflow.operators import Operator
from dagglot.targets.airflow.pieces import block
from dagglot.targets.airflow.view import Item, PythonTask, Statement

if TYPE_CHECKING:
    from dagglot.targets.airflow.lower import File


class Tasks:
    """The tasks of one file: the arguments about the attempts of each, by its id; ``shared`` are
    those that stand in ``default_args``, ``told`` the callbacks of each."""

    def __init__(
        self,
        file: File,
        attempts: Mapping[str, Mapping[str, object]],
        shared: Mapping[str, object],
        told: Mapping[str, Mapping[str, object]],
    ) -> None:
        self.file = file
        self.attempts = attempts
        self.shared = shared
        self.told = told

    def item(self, task: Task, indent: int, referenced: bool) -> Item:
        """The lines that make the task; a variable holds it where something refers to it."""
        return (self.function if is_function(task) else self.operator)(task, indent, referenced)

    def rule(self, task: Task) -> dict[str, Any]:
        """The trigger rule, where it is not Airflow's default; a teardown has one of its own."""
        if task.trigger_rule is TriggerRule.ALL_SUCCESS or task.teardown_of:
            return {}
        return {"trigger_rule": task.trigger_rule.value}

    def common(self, task: Task, text: str | None = None) -> dict[str, Any]:
        """Arguments that every operator has; ``text`` the docs, where a docstring has them not."""
        found: dict[str, Any] = {}
        own = self.attempts[task.id]
        asked: Iterable[str] = _NEUTRAL if own["retries"] else ("retries", "execution_timeout")
        if task.id in self.file.woven.steps:
            # a step is not repeated; Airflow executes no EmptyOperator
            asked = ("retries",) if is_function(task) else ()
        for name in asked:
            value = own.get(name, _NEUTRAL[name])
            if value != self.shared.get(name, _NEUTRAL[name]):
                found[name] = value
        if "pre_execute" in own:
            found["pre_execute"] = own["pre_execute"]
        if self.told:
            found |= dict(self.callbacks(task))
        if (most := self.file.max_parallel(task)) is not None:
            found["max_active_tis_per_dagrun"] = most
        if task.owner and task.owner != self.file.pipeline.owner:
            found["owner"] = task.owner
        if task.pool is not None:
            found["pool"] = task.pool.name
            if task.pool.slots != 1:
                found["pool_slots"] = task.pool.slots
        if task.priority is not None:
            found["priority_weight"] = task.priority
        if task.depends_on_past:
            found["depends_on_past"] = True
        if task.produces:
            found["outlets"] = [Code(self.file.names.assets[name]) for name in task.produces]
        if read := assets.read(task):
            found["inlets"] = [Code(self.file.names.assets[name]) for name in read]
        if task.resources and not isinstance(task.body, ContainerBody):
            from dagglot.targets.airflow import resources

            found["executor_config"] = {"pod_override": resources.pod(self.file, task)}
        queue = task.options.get("airflow", {}).get("queue")
        if queue:
            found["queue"] = queue
        text = docs.task_docs(task) if text is None else text
        if text:
            found["doc_md"] = block(text)
        return found

    def callbacks(self, task: Task) -> Iterator[tuple[str, object]]:
        """Whom the task tells otherwise than most; a step, of which nobody knows, tells nobody."""
        own = self.told[task.id]
        for name in ("on_failure_callback", "on_retry_callback", "on_success_callback"):
            value = own.get(name)
            if value != self.shared.get(name) and self.may(task, name):
                yield name, value

    def may(self, task: Task, callback: str) -> bool:
        """Whether Airflow could call it: an EmptyOperator never fails, a step is not repeated."""
        if isinstance(task.body, NoopBody) and not is_function(task):
            return callback == "on_success_callback"
        return callback != "on_retry_callback" or task.id not in self.file.woven.steps

    # --- operators --------------------------------------------------------------------------

    def operator(self, task: Task, indent: int, referenced: bool) -> Item:
        if isinstance(task.body, OtherBody):
            return self.again(task, task.body, indent)
        made = Operator(self.file, task)
        match task.body:
            case ShellBody() as body:
                function, own = made.shell(body)
            case SqlBody() as body:
                function, own = made.sql(body)
            case DbtBody() | NotebookBody() | SparkBody() as body:
                function, own = made.command(body)
            case ApprovalBody() as body:
                function, own = made.approval(body)
            case ContainerBody() as body:
                function, own = made.container(body)
            case SensorBody(wait_for=PipelineWait() as awaited) as body:
                function, own = made.sensor(body, awaited)
            case TriggerPipelineBody() as body:
                function, own = made.trigger(body)
            case NoopBody():
                function, own = self.file.airflow("EmptyOperator"), {}
            case NativeBody() as body:
                function, own = made.native(body)
            case _:
                raise AssertionError(f"the capability table refuses {task.body}")
        common = {**self.rule(task), **self.common(task)}
        if task.when is not True:
            common["pre_execute"] = self.hook_name(task)
        arguments = {"task_id": task.name, **own, **common}
        if isinstance(task.body, NativeBody):
            arguments = {"task_id": task.name, **common, **own}
        call = Call(function, (), tuple(arguments.items()))
        target = self.file.names.variables[task.id]
        referenced = referenced or self.file.passing.is_passed(task.id)
        if task.for_each is not None:
            text = self.chained(task, call, f"{target} = " if referenced else "", indent)
        elif referenced:
            text = pycode.assignment(target, call, indent)
        else:
            text = pycode.layout(call, indent)
        if task.when is not True:
            return self.hooked(task, indent, text)
        return Statement(Code(" " * indent), text)

    def again(self, task: Task, body: OtherBody, indent: int) -> Statement:
        """One more task of a function that stands above."""
        override = f"{self.file.names.functions[str(body.settings['like'])]}.override"
        name = pycode.literal(Call(override, (), (("task_id", task.name),)))
        target = self.file.names.variables[task.id]
        text = pycode.assignment(target, Call(name, (), ()), indent)
        return Statement(Code(" " * indent), text)

    def chained(self, task: Task, call: Call, target: str, indent: int) -> Code:
        """``each(Operator).partial(…).expand(item=…)``."""
        each = f"{self.file.helper('each')}({call.function})"
        end = Call(".expand", (), (("item", self.elements(task)),))
        partial = Call(".partial", (), call.kwargs)
        flat = f"{target}{each}{pycode.literal(partial)}{pycode.literal(end)}"
        if indent + len(flat) <= pycode.LINE_LENGTH:
            return Code(flat)
        inner = indent + pycode.INDENT
        calls = (each, pycode.layout(partial, inner), pycode.layout(end, inner))
        lines = "".join(f"{' ' * inner}{one}\n" for one in calls)
        return Code(f"{target}(\n{lines}{' ' * indent})")

    def elements(self, task: Task) -> object:
        """What a task is expanded over: its list step, or a literal list where nothing decides
        about the task."""
        step = self.file.woven.items.get(task.id)
        if step is not None or task.for_each is None:
            return self.file.result(step or "")
        return thaw(task.for_each.items)

    def hooked(self, task: Task, indent: int, line: Code) -> PythonTask:
        """An operator behind a hook that asks the task's own condition."""
        hook = Function(self.file, task, indent, hook=True)
        hook.when()
        before, after = hook.finished()
        unpacked = [
            Code(f'{name} = context["{name}"]') for name in CONTEXT_ORDER if name in hook.context
        ]
        signature = Code(f"{self.hook_name(task)}(context)")
        return PythonTask(
            pad=Code(" " * indent),
            decorators=(),
            signature=signature,
            doc=None,
            before=(),
            imported=(),
            statements=(*self.file.hooks_before(task), *unpacked, *before, *after),
            call=line,
        )

    def hook_name(self, task: Task) -> Code:
        return Code(f"{self.file.names.variables[task.id].rstrip('_')}_when")

    # --- functions --------------------------------------------------------------------------

    def function(self, task: Task, indent: int, referenced: bool) -> PythonTask:
        file = self.file
        name = file.names.functions[task.id]
        text = docs.task_docs(task)
        # Airflow takes the docstring for the docs of what is not expanded
        docstring = None
        if task.for_each is None:
            docstring = docs.as_docstring(text, indent + pycode.INDENT)
        arguments: dict[str, Any] = {"task_id": task.name} if name != task.name else {}
        arguments |= self.rule(task)
        body = task.body if task.id not in file.woven.groups else None
        if isinstance(body, GateBody) and body.skips == "direct":
            arguments["ignore_downstream_trigger_rules"] = False
        arguments |= self.common(task, "" if docstring else text)
        function = Function(file, task, indent)
        function.write()
        before, statements = function.finished()
        imported = function.imports.blocks()
        given = [(file.names.outputs[id], file.result(id)) for id in file.passing.arguments(task)]
        line, made = self.called(task, name, given, "item" in function.parameters, indent)
        if referenced or file.passing.is_passed(task.id):
            line = pycode.assignment(file.names.variables[task.id], made, indent)
        decorators = [*self.deciding(task, arguments, indent)]
        if file.version == "2.11" and imported:
            decorators.append(file.helper("exit_fails"))
        if isinstance(task.body, PythonBody) and file.passing.is_listed(task.id):
            decorators.append(file.helper("keep_none"))
        if isinstance(task.body, CheckBody) and task.body.severity == "warn":
            decorators.append(file.helper("only_warns"))
        parameters = function.signature()
        return PythonTask(
            pad=Code(" " * indent),
            decorators=tuple(decorators),
            signature=pycode.call(name, parameters, indent=indent, prefix="def ", suffix=":"),
            doc=docstring,
            before=before,
            imported=imported,
            statements=statements,
            call=line,
        )

    def called(
        self, task: Task, name: str, given: list[tuple[str, Code]], item: bool, indent: int
    ) -> tuple[Code, Call]:
        """The call of a TaskFlow function that makes the task, laid out and as it is."""
        made = Call(name, (), tuple(given))
        if task.for_each is not None:
            head = pycode.literal(Call(f"{name}.partial", (), tuple(given))) if given else name
            made = Call(f"{head}.expand", (), (("item", self.elements(task)),))
        elif item:
            made = Call(name, (), (*given, ("item", Code("item"))))
        return pycode.layout(made, indent), made

    def deciding(self, task: Task, arguments: dict[str, Any], indent: int) -> Iterator[Code]:
        """The decorator that makes the task, and one for the output of a gate or a branch."""
        file = self.file
        name, kept = file.airflow("task"), None
        body = task.body if task.id not in file.woven.groups else None
        if isinstance(task.body, SensorBody):
            from dagglot.targets.airflow import sensors

            name = Code("task.sensor")
            arguments = {**sensors.arguments(file, task, task.body), **arguments}
        elif isinstance(body, GateBody):
            name = Code("task.short_circuit")
        elif isinstance(body, BranchBody):
            name = Code("task.branch")
            choices = self.choices(body)
            if body.call is not None or any([key] != ids for key, ids in choices.items()):
                arguments = {**arguments, "do_xcom_push": False}
                kept = pycode.call(file.helper("chooses"), (choices,), (), indent, "@")
        yield pycode.call(name, (), arguments, indent, prefix="@") if arguments else name
        if kept is not None:
            yield kept
        elif isinstance(body, GateBody | BranchBody) and file.version != "2.11":
            yield file.helper("keep_output")

    def choices(self, body: BranchBody) -> dict[str, list[str]]:
        """The tasks that each choice of a branch means, by the steps in which they begin."""
        means = dict(body.choices)
        if body.call is None:
            ids = [id for case in body.cases for id in case.to]
            means = {id: (id,) for id in (*ids, *body.otherwise)}
        entries = self.file.woven.entries
        return {name: [entries.get(id, id) for id in ids] for name, ids in means.items()}


_NEUTRAL: Final[Mapping[str, object]] = {
    "retries": None,
    "retry_delay": None,
    "retry_exponential_backoff": False,
    "max_retry_delay": None,
    "retry_policy": None,
    "execution_timeout": None,
}
"""Arguments about attempts, in the order that they are written, and what a task has without."""
