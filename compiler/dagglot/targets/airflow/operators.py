"""The arguments of operators: scripts and templates, and what `native` tasks say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, assert_never

from dagglot.expressions import tree
from dagglot.expressions.emit_jinja import jinja_condition, jinja_data, jinja_text
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.tree import Expression, Text, references
from dagglot.expressions.writer import Names
from dagglot.ir.expand import thaw
from dagglot.ir.kinds import PipelineWait
from dagglot.ir.model import (
    ApprovalBody,
    ContainerBody,
    DbtBody,
    NativeBody,
    NotebookBody,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
    TriggerPipelineBody,
    Value,
)
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import values
from dagglot.targets.airflow.credentials import (
    is_secret,
    jinja_connection,
    jinja_secret,
    type_of,
)
from dagglot.targets.airflow.pieces import block, keyword_call, merged

if TYPE_CHECKING:
    from dagglot.targets.airflow.lower import File

_FILE_ENDINGS: Final = (".sh", ".bash")
"""BashOperator takes a templated text that ends so for the path of a file."""


class Operator:
    """The class of one task's operator, and the arguments that are its own."""

    def __init__(self, file: File, task: Task) -> None:
        self.file = file
        self.task = task

    # --- shell ------------------------------------------------------------------------------

    def shell(self, body: ShellBody) -> tuple[Code, dict[str, Any]]:
        file = self.file
        own: dict[str, Any] = {"bash_command": self.script(body)}
        environment, secrets = self.environment(_FILE_ENDINGS)
        if environment:
            own["env"] = environment
            own["append_env"] = True
        if secrets:
            own["secret_env"] = secrets
        if body.cwd is not None:
            own["cwd"] = self.text(body.cwd)
        own["skip_on_exit_code"] = body.skip_exit_code
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
        operator = file.airflow("BashOperator") if self.task.timeout is None else None
        operator = operator or file.helper("TimedBashOperator")
        if secrets:
            operator = Code(f"{file.helper('with_secrets')}({operator})")
        return operator, own

    # --- containers -------------------------------------------------------------------------

    def container(self, body: ContainerBody) -> tuple[Code, dict[str, Any]]:
        from dagglot.targets.airflow import containers  # here: few pipelines have each

        made = containers.docker if body.runtime == "docker" else containers.kubernetes
        return made(self, body)

    # --- commands ---------------------------------------------------------------------------

    def command(self, body: DbtBody | NotebookBody | SparkBody) -> tuple[Code, dict[str, Any]]:
        from dagglot.targets.airflow import commands

        match body:
            case DbtBody():
                return commands.dbt(self, body)
            case NotebookBody():
                return commands.notebook(self, body)
            case SparkBody():
                return commands.spark(self, body)
            case _:
                assert_never(body)

    # --- humans -----------------------------------------------------------------------------

    def approval(self, body: ApprovalBody) -> tuple[Code, dict[str, Any]]:
        own: dict[str, Any] = {"subject": self.text(body.message, ())}
        if body.approvers:
            own["assigned_users"] = [{"id": name, "name": name} for name in body.approvers]
        if body.timeout is not None:
            own["response_timeout"] = self.file.duration(body.timeout)
        if body.on_reject == "skip":
            own["skip_on_reject"] = True
        return self.file.helper("ApproveOperator"), own

    # --- other pipelines --------------------------------------------------------------------

    def trigger(self, body: TriggerPipelineBody) -> tuple[Code, dict[str, Any]]:
        from dagglot.targets.airflow import triggers

        return triggers.trigger(self, body)

    def sensor(self, body: SensorBody, awaited: PipelineWait) -> tuple[Code, dict[str, Any]]:
        from dagglot.targets.airflow import triggers

        return triggers.wait(self, body, awaited)

    # --- sql --------------------------------------------------------------------------------

    def sql(self, body: SqlBody) -> tuple[Code, dict[str, Any]]:
        from dagglot.targets.airflow import statements

        return statements.operator(self, body)

    def environment(self, endings: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
        """The environment of what the task starts, and the secrets in it apart."""
        plain: dict[str, Any] = {}
        secrets: dict[str, str] = {}
        for name, value in self.task.env.items():
            if is_secret(value):
                secrets[name] = f"{{{{ {self.secret(value)} }}}}"
            else:
                plain[name] = self.text(value, endings)
        return plain, secrets

    def secret(self, value: Value) -> str:
        match value:
            case tree.SecretRef(name=name):
                return jinja_secret(name)
            case tree.ConnectionField(name=name, field=field):
                return jinja_connection(type_of(self.file.pipeline, name), name, field)
            case _:
                raise AssertionError(f"{value} is no secret")

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

    def text(self, value: Value, endings: tuple[str, ...] = _FILE_ENDINGS) -> object:
        """A value as text in a templated argument; what ends in one of `endings` would be taken
        for the path of a file."""
        if isinstance(value, tree.Literal):
            value = value.value  # type: ignore[assignment]
        if isinstance(value, (Text, *tree.NODES)):
            made = self.jinja(value)
            return block(made + "{{ '' }}" if made.endswith(endings) else made)
        text = value if isinstance(value, str) else text_of(value)
        return block(text) if _is_no_template(text, endings) else self.literal(text)

    def literal(self, text: str) -> object:
        """Text that holds what Jinja would take for its own, and that it must not read."""
        source = block(text)
        name = self.file.airflow("literal")
        return Code(f"{name}({source})") if "\n" in source else Call(name, (source,))

    def jinja(self, value: Expression | Text) -> str:
        used: set[str] = set()
        template = jinja_text(value, self.names(value, used), used)
        return self.with_macros(self.guarded(template, value, used), used)

    def json(self, value: Value) -> str:
        """A template that renders to the value as JSON."""
        used = {"json_text"}
        source = jinja_data(value, self.names(value, used), used)
        template = f"{{{{ json_text({source}) }}}}"
        return self.with_macros(self.guarded(template, value, used), used)

    def guarded(self, template: str, value: object, used: set[str]) -> str:
        """A template that is not asked for a value where `when` is false.

        Airflow renders the fields of a task before `pre_execute`, in which the task is skipped: a
        value that is not there would fail it.
        """
        when = self.task.when
        if not isinstance(when, tree.NODES) or _is_always_there(value):
            return template
        condition = jinja_condition(when, self.names(when, used), used)
        return f"{{% if {condition} %}}{template}{{% endif %}}"

    def names(self, value: Value, used: set[str]) -> Names:
        whole = any(isinstance(leaf, tree.Params) for leaf in references(value))
        instances = self.file.instances(self.task, used)
        return values.jinja_names(self.file.pipeline, used, whole, instances)

    def with_macros(self, template: str, used: set[str]) -> str:
        if "run_params(" in template and self.file.pipeline.schedule.params:
            used.add("run_params")
        self.file.macros |= used
        return template

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
                return thaw(value.value)
            case tree.TaskOutput():
                return self.file.result(value.task)
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


def _is_always_there(value: object) -> bool:
    """Whether a value can be written as text in every run."""
    if isinstance(value, Text):
        return all(isinstance(part, str) or _is_always_there(part) for part in value.parts)
    if isinstance(value, tree.Param):
        return not value.type.nullable
    return isinstance(value, tree.Literal | tree.RunField | tree.PartitionField | tree.ItemIndex)


def _is_no_template(text: str, endings: tuple[str, ...] = _FILE_ENDINGS) -> bool:
    """Whether Jinja would leave a text as it is: nothing to render, no template file to look for,
    no line's end that it drops or converts."""
    changed = ("{{", "{%", "{#", "\r")
    return not (any(part in text for part in changed) or text.endswith((*endings, "\n")))
