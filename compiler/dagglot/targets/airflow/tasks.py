"""One task to what its DAG file says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, assert_never

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.expressions.emit_jinja import jinja_text
from dagglot.expressions.emit_python import python_data
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.tree import Expression, Text, references
from dagglot.expressions.writer import Names
from dagglot.ir.model import (
    NativeBody,
    NoopBody,
    PythonBody,
    ShellBody,
    Task,
    Value,
)
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import docs, values
from dagglot.targets.airflow.order import passed_outputs
from dagglot.targets.airflow.pieces import block, broken, keyword_call, merged
from dagglot.targets.airflow.view import Item, PythonTask, Statement

if TYPE_CHECKING:
    from dagglot.targets.airflow.lower import File

_FILE_ENDINGS: Final = (".sh", ".bash")
"""BashOperator takes a templated text that ends so for the path of a file."""


class Tasks:
    """The tasks of one file; ``shared`` are the arguments that stand in ``default_args``."""

    def __init__(self, file: File, shared: Mapping[str, object]) -> None:
        self.file = file
        self.pipeline = file.pipeline
        self.shared = shared
        self.attempts: dict[int, dict[str, object]] = {}
        self.needs = {task.id: passed_outputs(task) for task in self.pipeline.tasks}
        self.passed = {(upstream, id) for id, needs in self.needs.items() for upstream in needs}
        self.arguments = {upstream for upstream, _ in self.passed}

    def item(self, task: Task, indent: int, referenced: bool) -> Item:
        """The lines that make the task; a variable holds it where something refers to it."""
        match task.body:
            case PythonBody():
                return self.python(task, task.body, indent, referenced)
            case ShellBody():
                function, own = self.shell(task, task.body)
            case NoopBody():
                function, own = self.file.airflow("EmptyOperator"), {}
            case NativeBody():
                function, own = self.native(task.body)
            case _:
                raise AssertionError(f"the capability table refuses {task.body}")
        arguments = {"task_id": task.name, **self.common(task), **own}
        if not isinstance(task.body, NativeBody):
            arguments = {"task_id": task.name, **own, **self.common(task)}
        call = Call(function, (), tuple(arguments.items()))
        text = (
            pycode.assignment(self.file.names.variables[task.id], call, indent)
            if referenced
            else pycode.layout(call, indent)
        )
        return Statement(Code(" " * indent), text)

    def common(self, task: Task, text: str | None = None) -> dict[str, Any]:
        """Arguments that every operator has; ``text`` the docs, where a docstring has them not."""
        found = dict(self.own_attempts(self.file.attempt_arguments(task)))
        if task.owner and task.owner != self.pipeline.owner:
            found["owner"] = task.owner
        queue = task.options.get("airflow", {}).get("queue")
        if queue:
            found["queue"] = queue
        text = docs.task_docs(task) if text is None else text
        if text:
            found["doc_md"] = block(text)
        return found

    def own_attempts(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """What of a task's retries and timeout does not stand in ``default_args`` already."""
        found = self.attempts.get(id(arguments))  # the file has one object for equal ones
        if found is None:
            found = self.attempts[id(arguments)] = {}
            for name, neutral in _NEUTRAL.items():
                value = arguments.get(name, neutral)
                needed = arguments["retries"] or name in ("retries", "execution_timeout")
                if needed and value != self.shared.get(name, neutral):
                    found[name] = value
            if "pre_execute" in arguments:
                found["pre_execute"] = arguments["pre_execute"]
        return found

    # --- python -----------------------------------------------------------------------------

    def python(self, task: Task, body: PythonBody, indent: int, referenced: bool) -> PythonTask:
        file = self.file
        function = file.names.functions[task.id]
        text = docs.task_docs(task)
        docstring = docs.as_docstring(text, indent + pycode.INDENT)
        arguments = {"task_id": task.name} if function != task.name else {}
        arguments |= self.common(task, "" if docstring else text)
        outputs = {id: file.names.outputs[id] for id in self.needs[task.id]}
        context: dict[str, None] = {}
        used: set[str] = set()
        whole = any(isinstance(leaf, tree.Params) for leaf in references(body.args))
        names = values.python_names(self.pipeline, outputs, used, context, whole)
        given = {name: python_data(value, names, used) for name, value in body.args.items()}
        for name, value in given.items():
            if isinstance(value, Code):
                given[name] = broken(value, indent + 3 * pycode.INDENT, len(name) + 1)
        file.used |= used | {"to_json"}
        taken = {*file.used, *outputs.values(), *context}
        called = pycode.identifier(body.function, taken)
        alias = "" if called == body.function else f" as {called}"
        inner = indent + pycode.INDENT
        returned = Call("to_json", (keyword_call(called, given, indent + 3 * pycode.INDENT),))
        statements = [Code(f"return {pycode.layout(returned, inner, 7)}")]
        if whole and names.params != "params":
            statements.insert(0, Code(f"{names.params} = {self.typed_params(names, inner)}"))
        if "params" in context and self.pipeline.schedule.params:
            context["dag_run"] = None
            statements.insert(0, Code("params = run_params(params, dag_run)"))
        parameters = [Code(name) for name in outputs.values()]
        parameters += [Code(f"{name}=None") for name in _CONTEXT_ORDER if name in context]
        made = Call(function, (), tuple((outputs[id], self.result(id)) for id in outputs))
        line = (
            pycode.assignment(file.names.variables[task.id], made, indent)
            if referenced or task.id in self.arguments
            else pycode.layout(made, indent)
        )
        decorators = [self.decorator(arguments, indent)]
        if file.version == "2.11":
            decorators.append(file.helper("exit_fails"))
        return PythonTask(
            pad=Code(" " * indent),
            decorators=tuple(decorators),
            signature=pycode.call(function, parameters, indent=indent, prefix="def ", suffix=":"),
            doc=docstring,
            imported=Code(f"from {body.module} import {body.function}{alias}"),
            statements=tuple(statements),
            call=line,
        )

    def typed_params(self, names: Names, indent: int) -> Code:
        """All params in a map; dates and datetimes in it have their types."""
        inner = indent + pycode.INDENT
        lines = [Code("**params")]
        for param in self.pipeline.params:
            if param.type.kind.is_moment:
                key = f"{pycode.literal(param.name)}: "
                value = names.param(param.name, param.type)
                lines.append(Code(key + broken(value, inner, len(key))))
        text = "".join(f"{' ' * inner}{line},\n" for line in lines)
        return Code(f"{{\n{text}{' ' * indent}}}")

    def decorator(self, arguments: Mapping[str, object], indent: int) -> Code:
        name = self.file.airflow("task")
        return pycode.call(name, (), arguments, indent, prefix="@") if arguments else name

    def result(self, id: str) -> Code:
        """A task's output as an argument: what TaskFlow returns, else an operator's `.output`."""
        variable = self.file.names.variables[id]
        return Code(variable if id in self.file.names.functions else f"{variable}.output")

    # --- shell ------------------------------------------------------------------------------

    def shell(self, task: Task, body: ShellBody) -> tuple[Code, dict[str, Any]]:
        file = self.file
        own: dict[str, Any] = {"bash_command": self.script(body)}
        if task.env:
            own["env"] = {name: self.text(value) for name, value in task.env.items()}
            own["append_env"] = True
        if body.cwd is not None:
            own["cwd"] = self.text(body.cwd)
        own["skip_on_exit_code"] = None
        match body.output:
            case "json" if file.version == "2.11":
                own["output_processor"] = file.helper("parse_json")
            case "json":
                file.imports.module("json")
                own["output_processor"] = Code("json.loads")
            case "none":
                own["do_xcom_push"] = False
            case "text":
                pass
            case _:
                assert_never(body.output)
        if task.timeout is not None:
            return file.helper("TimedBashOperator"), own
        return file.airflow("BashOperator"), own

    def script(self, body: ShellBody) -> object:
        """The script; what Airflow documents for a strict one is ``set`` in front of it."""
        parts = list(body.run.parts if isinstance(body.run, Text) else (body.run,))
        several = any(isinstance(part, str) and "\n" in part for part in parts)
        if body.strict:
            parts.insert(0, "set -eo pipefail\n" if several else "set -eo pipefail; ")
        last = parts[-1]
        if isinstance(last, str) and last.endswith("\n"):
            parts[-1] = last.rstrip("\n")
        # a line's end at the end changes no script, and Jinja drops it
        end = "\n" if several else ""
        is_path = isinstance(parts[-1], str) and parts[-1].endswith(_FILE_ENDINGS)
        if all(isinstance(part, str) for part in parts):
            text = "".join(map(str, parts))
            plain = _is_no_template(text)
            text += "\n" if is_path else end
            return block(text) if plain else self.literal(text)
        if is_path:
            parts.append("\n")
        return block(self.jinja(Text(merged(parts))) + end)

    def text(self, value: Value) -> object:
        """A value as text in a templated argument."""
        if isinstance(value, tree.Literal):
            value = value.value  # type: ignore[assignment]
        if isinstance(value, (Text, *tree.NODES)):
            made = self.jinja(value)
            return block(made + "{{ '' }}" if made.endswith(_FILE_ENDINGS) else made)
        text = value if isinstance(value, str) else text_of(value)
        return block(text) if _is_no_template(text) else self.literal(text)

    def literal(self, text: str) -> object:
        """Text that holds what Jinja would take for its own, and that it must not read."""
        source = block(text)
        name = self.file.airflow("literal")
        return Code(f"{name}({source})") if "\n" in source else Call(name, (source,))

    def jinja(self, value: Expression | Text) -> str:
        whole = any(isinstance(leaf, tree.Params) for leaf in references(value))
        used: set[str] = set()
        made = jinja_text(value, values.jinja_names(self.pipeline, used, whole), used)
        if "run_params(" in made and self.pipeline.schedule.params:
            used.add("run_params")
        self.file.macros |= used
        return made

    # --- native -----------------------------------------------------------------------------

    def native(self, body: NativeBody) -> tuple[Code, dict[str, Any]]:
        call = body.calls["airflow"]
        arguments = {name: self.argument(value) for name, value in call.args.items()}
        return self.file.native(call.module, call.name), arguments

    def argument(self, value: Value) -> Any:
        """An argument as written; an expression becomes Airflow's own, a mapping of ``call`` and
        ``args`` an object."""
        match value:
            case tree.Literal():
                return values.plain(value.value)  # type: ignore[arg-type]
            case tree.TaskOutput():
                return self.result(value.task)
            case Text():
                return self.template(value)
            case _ if isinstance(value, tree.NODES):
                return self.jinja(value)
            case str():
                return block(value)
            case Mapping() if set(value) == {"call", "args"} and isinstance(value["call"], str):
                module, _, name = value["call"].partition(":")
                arguments = value["args"] if isinstance(value["args"], Mapping) else {}
                given = {key: self.argument(item) for key, item in arguments.items()}
                return keyword_call(self.file.native(module, name), given)
            case Mapping():
                return {key: self.argument(item) for key, item in value.items()}
            case tuple():
                return [self.argument(item) for item in value]
            case _:
                return value

    def template(self, value: Text) -> Code:
        """Longer text: its own braces are Airflow's, since the author means them so."""
        pieces: list[str] = []
        for part in value.parts:
            piece = part if isinstance(part, str) else self.jinja(part)
            if pieces and not isinstance(part, str) and pieces[-1].endswith("{"):
                pieces[-1] = pieces[-1][:-1] + "{{ '{' }}"
            pieces.append(piece)
        return block("".join(pieces))


_NEUTRAL: Final[Mapping[str, object]] = {
    "retries": None,
    "retry_delay": None,
    "retry_exponential_backoff": False,
    "max_retry_delay": None,
    "retry_policy": None,
    "execution_timeout": None,
}
"""Arguments about attempts, in the order that they are written, and what a task has without."""
_CONTEXT_ORDER: Final = ("params", "dag_run", "ti")


def _is_no_template(text: str) -> bool:
    """Whether Jinja would leave a text as it is: nothing to render, no template file to look for,
    no line's end that it drops or converts."""
    changed = ("{{", "{%", "{#", "\r")
    return not (any(part in text for part in changed) or text.endswith((*_FILE_ENDINGS, "\n")))
