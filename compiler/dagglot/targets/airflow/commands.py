"""Tasks that are a command of another tool: dbt, papermill, spark-submit.

What is known at compile time is quoted for the shell and stands in the command; what is not comes
in by the environment, so that no value becomes shell.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dagglot.expressions.evaluate import text_of
from dagglot.expressions.tree import NODES, Text, references
from dagglot.ir.expand import thaw
from dagglot.ir.model import DbtBody, NotebookBody, ShellBody, SparkBody, Value
from dagglot.pycode import Code
from dagglot.targets.airflow.credentials import jinja_connection

if TYPE_CHECKING:
    from dagglot.targets.airflow.operators import Operator

_Kept = TypeVar("_Kept")

PAPERMILL: Final = "papermill"
BESIDE: Final = "{{ dag.folder }}"
"""Where relative paths begin: BashOperator itself runs in a new folder."""


class Command:
    """The words of a command while it is put together, and the variables that some of them are."""

    def __init__(self, *words: str) -> None:
        self.words = [shlex.quote(word) for word in words]
        self.variables: dict[str, Value] = {}
        self.templates: dict[str, Value] = {}
        self.rendered: dict[str, str] = {}

    def flag(self, name: str, value: Value, taken: Mapping[str, Value]) -> None:
        """An option with its value, unless it has none."""
        if value is not None:
            self.words.append(name)
            self.word(value, name.strip("-"), taken)

    def word(self, value: Value, name: str, taken: Mapping[str, Value]) -> None:
        if isinstance(value, (Text, *NODES)):
            self.variable(value, name, taken, self.variables)
        else:
            self.words.append(shlex.quote(value if isinstance(value, str) else text_of(value)))

    def data(self, values: Mapping[str, Value], name: str, taken: Mapping[str, Value]) -> None:
        """A map as JSON."""
        if references(dict(values)):
            self.variable(dict(values), name, taken, self.templates)
        else:
            self.words.append(shlex.quote(json.dumps(thaw(dict(values)), ensure_ascii=False)))

    def variable(
        self, value: _Kept, name: str, taken: Mapping[str, Value], kept: dict[str, _Kept]
    ) -> None:
        variable = name.upper().replace("-", "_")
        while variable in {*taken, *self.variables, *self.templates, *self.rendered}:
            variable += "_"
        kept[variable] = value
        self.words.append(f'"${variable}"')

    def operator(self, made: Operator, cwd: Value = BESIDE) -> tuple[Code, dict[str, Any]]:
        """The operator that runs the command."""
        task = replace(made.task, env={**made.task.env, **self.variables})
        body = ShellBody(run=" ".join(self.words), strict=False, output="none")
        function, own = type(made)(made.file, task).shell(body)
        rendered = {name: made.json(value) for name, value in self.templates.items()}
        rendered |= self.rendered
        if rendered:
            first = {"bash_command": own.pop("bash_command")}
            env = {**own.pop("env", {}), **rendered}
            own = {**first, "env": env, **own, "append_env": True}
        return function, {"bash_command": own.pop("bash_command"), "cwd": cwd, **own}


def dbt(made: Operator, body: DbtBody) -> tuple[Code, dict[str, Any]]:
    """``dbt <command> …``."""
    env = made.task.env
    command = Command("dbt", *body.command.split())
    for flag, words in (("--select", body.select), ("--exclude", body.exclude)):
        if words:
            command.words.append(flag)
            for word in words:
                command.word(word, flag.strip("-"), env)
    command.flag("--project-dir", body.project_dir, env)
    command.flag("--profiles-dir", body.profiles_dir, env)
    command.flag("--target", body.target, env)
    if body.vars:
        command.words.append("--vars")
        command.data(body.vars, "vars", env)
    for word in body.args:
        command.word(word, "arg", env)
    return command.operator(made)


def notebook(made: Operator, body: NotebookBody) -> tuple[Code, dict[str, Any]]:
    """``papermill <path> <output path> …``."""
    made.file.packages |= {PAPERMILL, "ipykernel"}
    env = made.task.env
    command = Command("papermill")
    command.word(body.path, "notebook", env)
    command.word("/dev/null" if body.output_path is None else body.output_path, "output", env)
    if body.parameters:
        # JSON is YAML
        command.words.append("--parameters_yaml")
        command.data(body.parameters, "parameters", env)
    return command.operator(made)


def spark(made: Operator, body: SparkBody) -> tuple[Code, dict[str, Any]]:
    """``spark-submit … <application> …``."""
    env = made.task.env
    command = Command("spark-submit")
    if body.connection and body.master is None:
        command.words.append("--master")
        command.variable(_master(body.connection), "master", env, command.rendered)
    command.flag("--master", body.master, env)
    for name, value in body.conf.items():
        text = value if isinstance(value, str) else text_of(value)
        command.words += ["--conf", shlex.quote(f"{name}={text}")]
    if body.packages:
        command.words += ["--packages", shlex.quote(",".join(body.packages))]
    command.word(body.application, "application", env)
    for word in body.args:
        command.word(word, "arg", env)
    return command.operator(made)


def _master(connection: str) -> str:
    """A template of the address: host and port of a connection, as Airflow's own hook reads it."""
    host = jinja_connection("spark", connection, "host")
    port = jinja_connection("spark", connection, "port")
    return f"{{{{ {host} }}}}{{% if {port} %}}:{{{{ {port} }}}}{{% endif %}}"
