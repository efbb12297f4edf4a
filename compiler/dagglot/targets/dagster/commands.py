"""Work of other programs: containers; dbt, notebooks and Spark by their commands."""

from __future__ import annotations

from typing import Final

from dagglot import pycode
from dagglot.expressions.evaluate import text_of
from dagglot.ir.expand import thaw
from dagglot.ir.model import ContainerBody, DbtBody, NotebookBody, Pipeline, SparkBody, Task, Value
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster.connections import declared
from dagglot.targets.dagster.labels import requirements
from dagglot.targets.dagster.names import PACKAGE
from dagglot.targets.dagster.scope import Scope

DOCKER: Final = "docker"
KUBERNETES: Final = "kubernetes"
PAPERMILL: Final = ("ipykernel", "papermill")


_UNITS: Final[dict[str, int]] = {
    **{f"{unit}i": 1 << 10 * (number + 1) for number, unit in enumerate("KMGTPE")},
    **{unit: int(1000.0 ** (number + 1)) for number, unit in enumerate("kMGTPE")},
}


def work(
    body: ContainerBody | DbtBody | NotebookBody | SparkBody,
    task: Task,
    pipeline: Pipeline,
    scope: Scope,
) -> None:
    """The statement that has it done."""
    match body:
        case ContainerBody(runtime="kubernetes"):
            pod(body, task, scope)
        case ContainerBody():
            container(body, task, scope)
        case DbtBody():
            dbt(body, task, scope)
        case NotebookBody():
            notebook(body, task, scope)
        case SparkBody():
            spark(body, task, pipeline, scope)


def container(body: ContainerBody, task: Task, scope: Scope) -> None:
    """A container that Docker runs."""
    scope.made.packages.add(DOCKER)
    scope.made.helpers.add(("containers", "run_container"))
    keywords: list[tuple[str, object]] = []
    if body.command:
        keywords.append(("command", [scope.text(one) for one in body.command]))
    if body.args:
        keywords.append(("args", [scope.text(one) for one in body.args]))
    keywords += _env(task, scope)
    if body.volumes:
        keywords.append(("volumes", list(body.volumes)))
    resources = task.resources
    if "cpu" in resources:
        keywords.append(("nano_cpus", int(quantity(resources["cpu"]) * 1_000_000_000)))
    if "memory" in resources:
        keywords.append(("mem_limit", int(quantity(resources["memory"]))))
    if "gpu" in resources:
        keywords.append(("gpus", int(quantity(resources["gpu"]))))
        scope.made.flags.add(("containers", "gpus"))
    scope.made.context = True
    called = Call("run_container", (Code("context"), body.image), tuple(keywords))
    scope.made.statements.append(pycode.layout(called, INDENT))


def pod(body: ContainerBody, task: Task, scope: Scope) -> None:
    """A pod of Kubernetes; the op alone imports the helper, as the client is slow to be."""
    scope.made.packages.add(KUBERNETES)
    scope.made.flags.add(("pods", "run_pod"))
    scope.made.imports.name(f"{PACKAGE}.pods", "run_pod")
    keywords: list[tuple[str, object]] = []
    if body.namespace is not None:
        keywords.append(("namespace", body.namespace))
    if body.command:
        keywords.append(("command", [scope.text(one) for one in body.command]))
    if body.args:
        keywords.append(("args", [scope.text(one) for one in body.args]))
    keywords += _env(task, scope)
    if task.resources:
        keywords.append(("resources", requirements(task.resources)))
    if body.pod:
        keywords.append(("pod", thaw(body.pod)))
    scope.made.context = True
    called = Call("run_pod", (Code("context"), body.image), tuple(keywords))
    scope.made.statements.append(pycode.layout(called, INDENT))


def quantity(text: str) -> float:
    """A number as Kubernetes writes it: `500m`, `8Gi`."""
    for unit, size in _UNITS.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * size
    return float(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)


def dbt(body: DbtBody, task: Task, scope: Scope) -> None:
    """``dbt <command> …``."""
    words: list[object] = ["dbt", *body.command.split()]
    for flag, given in (("--select", body.select), ("--exclude", body.exclude)):
        if given:
            words += [flag, *(scope.text(one) for one in given)]
    for flag, path in (
        ("--project-dir", body.project_dir),
        ("--profiles-dir", body.profiles_dir),
        ("--target", body.target),
    ):
        if path is not None:
            words += [flag, path]
    if body.vars:
        words += ["--vars", _json(dict(body.vars), scope)]
    _run([*words, *(scope.text(one) for one in body.args)], task, scope)


def notebook(body: NotebookBody, task: Task, scope: Scope) -> None:
    """``papermill <path> <output path> …``."""
    scope.made.packages.update(PAPERMILL)
    output = "/dev/null" if body.output_path is None else scope.text(body.output_path)
    words: list[object] = ["papermill", scope.text(body.path), output]
    if body.parameters:
        # JSON is YAML
        words += ["--parameters_yaml", _json(dict(body.parameters), scope)]
    _run(words, task, scope)


def spark(body: SparkBody, task: Task, pipeline: Pipeline, scope: Scope) -> None:
    """``spark-submit … <application> …``."""
    words: list[object] = ["spark-submit"]
    if body.master is not None:
        words += ["--master", body.master]
    elif body.connection:
        words += ["--master", _master(body.connection, pipeline, scope)]
    for name, value in body.conf.items():
        words += ["--conf", f"{name}={value if isinstance(value, str) else text_of(value)}"]
    if body.packages:
        words += ["--packages", ",".join(body.packages)]
    words += [body.application, *(scope.text(one) for one in body.args)]
    _run(words, task, scope)


def _master(connection: str, pipeline: Pipeline, scope: Scope) -> Code:
    """The address, as a whole or of its parts."""
    written = declared(pipeline, connection).settings
    if "uri" in written or "host" not in written:
        return Code(f"{scope.resource(connection, 'uri')}.uri")
    host = f"{scope.resource(connection, 'host')}.host"
    if "port" not in written:
        return Code(host)
    return Code('f"{' + host + "}:{" + f"{scope.resource(connection, 'port')}.port" + '}"')


def _json(value: Value, scope: Scope) -> Call:
    scope.helper("json_text")
    return Call("json_text", (scope.data(value),))


def _run(words: list[object], task: Task, scope: Scope) -> None:
    scope.made.context = True
    scope.made.helpers.add(("shell", "run_command"))
    called = Call("run_command", (Code("context"), words), tuple(_env(task, scope)))
    scope.made.statements.append(pycode.layout(called, INDENT))


def _env(task: Task, scope: Scope) -> list[tuple[str, object]]:
    if not task.env:
        return []
    return [("env", {name: scope.text(value) for name, value in task.env.items()})]
