"""Work of other programs: containers, dbt, notebooks and Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dagglot import pycode
from dagglot.expressions.tree import SecretRef, references
from dagglot.ir.expand import thaw
from dagglot.ir.model import (
    ContainerBody,
    DbtBody,
    Json,
    NotebookBody,
    Pipeline,
    SparkBody,
    Task,
    Value,
)
from dagglot.pycode import INDENT, Call, Code, literal
from dagglot.targets.prefect.blocks import block_name
from dagglot.targets.prefect.body import PAD, Body
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import PACKAGE
from dagglot.targets.prefect.values import Values

KUBERNETES: Final = "kubernetes>=31,<38"
PAPERMILL: Final = ("papermill>=2.6,<3", "ipykernel>=6,<8")

_UNITS: Final[dict[str, int]] = {
    **{f"{unit}i": 1 << 10 * (number + 1) for number, unit in enumerate("KMGTPE")},
    **{unit: int(1000.0 ** (number + 1)) for number, unit in enumerate("kMGTPE")},
}


def lower_container(body: ContainerBody, task: Task, values: Values) -> Body:
    """A container that Docker runs, or a pod of Kubernetes."""
    if body.runtime == "kubernetes":
        return _pod(body, task, values)
    keywords: list[tuple[str, object]] = []
    if body.command:
        keywords.append(("command", [values.text(one) for one in body.command]))
    if body.args:
        keywords.append(("args", [values.text(one) for one in body.args]))
    _add_env(task, values, keywords)
    if body.volumes:
        keywords.append(("volumes", list(body.volumes)))
    resources = task.resources
    if resources.get("cpu"):
        keywords.append(("nano_cpus", int(quantity(resources["cpu"]) * 1_000_000_000)))
    if resources.get("memory"):
        keywords.append(("mem_limit", int(quantity(resources["memory"]))))
    if resources.get("gpu"):
        keywords.append(("gpus", int(quantity(resources["gpu"]))))
        values.helpers.add("gpus")
    return _called("run_container", "containers", body.image, keywords, task, values)


def _pod(body: ContainerBody, task: Task, values: Values) -> Body:
    """The helper is imported by the task alone: Kubernetes' client is slow to be."""
    keywords: list[tuple[str, object]] = []
    if body.namespace is not None:
        keywords.append(("namespace", body.namespace))
    if body.command:
        keywords.append(("command", [values.text(one) for one in body.command]))
    if body.args:
        keywords.append(("args", [values.text(one) for one in body.args]))
    _add_env(task, values, keywords)
    if task.resources:
        keywords.append(("resources", requirements(task.resources)))
    if body.pod:
        keywords.append(("pod", thaw(body.pod)))
    limit = values.limit(task)
    if limit is not None:
        keywords.append(("timeout", limit))
    values.helpers.add("run_pod")
    own = Imports()
    own.name(f"{PACKAGE}.pods", "run_pod")
    call = Call("run_pod", (body.image,), tuple(keywords))
    line = Code(PAD + pycode.layout(call, INDENT))
    return Body((line,), Code("None"), own.blocks(INDENT))


def requirements(resources: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The resources of a container; a graphics card Kubernetes wants as a limit."""
    made = {"requests": {name: resources[name] for name in resources if name != "gpu"}}
    if "gpu" in resources:
        made["limits"] = {"nvidia.com/gpu": resources["gpu"]}
    return {name: asked for name, asked in made.items() if asked}


def quantity(text: str) -> float:
    """A number as Kubernetes writes it: `500m`, `8Gi`."""
    text = str(text)
    for unit, size in _UNITS.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * size
    return float(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)


def lower_dbt(body: DbtBody, task: Task, values: Values) -> Body:
    """The command `dbt`, in a process: only so can it have an environment and a timeout."""
    words: list[object] = ["dbt", *body.command.split()]
    for flag, given in (("--select", body.select), ("--exclude", body.exclude)):
        if given:
            words += [flag, *(values.text(one) for one in given)]
    for flag, path in (
        ("--project-dir", body.project_dir),
        ("--profiles-dir", body.profiles_dir),
        ("--target", body.target),
    ):
        if path is not None:
            words += [flag, path]
    if body.vars:
        words += ["--vars", _json(body.vars, values)]
    words += [values.text(one) for one in body.args]
    return _run(words, task, values)


def lower_notebook(body: NotebookBody, task: Task, values: Values) -> Body:
    """The command `papermill`."""
    output = "/dev/null" if body.output_path is None else values.text(body.output_path)
    words: list[object] = ["papermill", values.text(body.path), output]
    if body.parameters:
        words += ["--parameters_yaml", _json(body.parameters, values)]
    return _run(words, task, values)


def lower_spark(body: SparkBody, task: Task, values: Values) -> Body:
    """The command `spark-submit`."""
    words: list[object] = ["spark-submit"]
    if body.master is not None:
        words += ["--master", body.master]
    elif body.connection:
        helper = values.call("secret", "secrets")
        words += ["--master", Code(f"{helper}({literal(block_name(body.connection))})")]
    for name, value in body.conf.items():
        words += ["--conf", f"{name}={_text(value)}"]
    if body.packages:
        words += ["--packages", ",".join(body.packages)]
    words += [body.application, *(values.text(one) for one in body.args)]
    return _run(words, task, values)


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(made: object, values: Values) -> Call:
    values.used.add("json_text")
    return Call("json_text", (values.data(made),))  # type: ignore[arg-type]


def _run(words: list[object], task: Task, values: Values) -> Body:
    keywords: list[tuple[str, object]] = []
    _add_env(task, values, keywords)
    return _called("run_command", "processes", words, keywords, task, values)


def _add_env(task: Task, values: Values, keywords: list[tuple[str, object]]) -> None:
    if task.env:
        keywords.append(("env", {name: values.text(item) for name, item in task.env.items()}))


def _called(
    helper: str,
    module: str,
    first: object,
    keywords: list[tuple[str, object]],
    task: Task,
    values: Values,
) -> Body:
    limit = values.limit(task)
    if limit is not None:
        keywords.append(("timeout", limit))
    call = Call(values.call(helper, module), (first,), tuple(keywords))
    return Body((Code(PAD + pycode.layout(call, INDENT)),), Code("None"))


def secret_parameters(pipeline: Pipeline) -> tuple[Task, ...]:
    """The notebooks whose parameters are secret: what is run holds them, in clear text."""

    def tells(value: Value) -> bool:
        return any(isinstance(leaf, SecretRef) for leaf in references(value))

    return tuple(
        task
        for task in pipeline.tasks
        if isinstance(task.body, NotebookBody) and any(map(tells, task.body.parameters.values()))
    )
