"""Airflow as a target: 3.x, and 2.11 with its own imports.

What makes files of a pipeline is imported where it is used: a compile that finds all as it was
needs but the name and the versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.targets.base import (
    Backfill,
    Capabilities,
    Context,
    Lowered,
    Mechanism,
    Need,
    RunNames,
    RunSpec,
    View,
)

if TYPE_CHECKING:
    from datetime import datetime

    from dagglot.ir.model import Json, Pipeline
    from dagglot.stores import Stores


class Airflow:
    """See `dagglot.targets.base.Target`."""

    name = "airflow"
    title = "Airflow"
    versions: tuple[str, ...] = ("3.3", "2.11")

    def capabilities(self, version: str) -> Capabilities:
        from dagglot.targets.airflow.capabilities import capabilities

        return capabilities(version)

    def names(self, pipeline: Pipeline, context: Context) -> RunNames:  # noqa: ARG002 - one protocol
        from dagglot.targets.airflow.names import run_names

        return run_names(pipeline)

    def refusals(self, pipeline: Pipeline, context: Context) -> tuple[Diagnostic, ...]:
        return tuple(_refusals(pipeline, context.version))

    def lower(self, pipeline: Pipeline, context: Context) -> Lowered:
        from dagglot.targets.airflow.lower import lower

        return lower(pipeline, context)

    def assemble(
        self, contributions: Sequence[Mapping[str, Any]], context: Context
    ) -> tuple[View, ...]:
        from dagglot.targets.airflow.shared import assemble

        return assemble(contributions, context)

    def collisions(
        self,
        contributions: Mapping[str, Mapping[str, Any]],
    ) -> tuple[tuple[str, str, str], ...]:
        """A pipeline that is called as the DAG that starts the runs of another one."""
        starters = {f"{id}.schedule": id for id in contributions}
        return tuple(
            (starters[id], id, id)
            for id in contributions
            if id in starters and contributions[starters[id]].get("starts")
        )

    def needs(self, pipeline: Pipeline, context: Context) -> tuple[Need, ...]:
        setup = self.lower(pipeline, context).contribution["setup"]
        return (
            *(Need("connection", one["name"]) for one in setup.get("connections", ())),
            *(Need("variable", name) for name in setup.get("variables", ())),
            *(Need("pool", name) for name in setup.get("pools", ())),
        )

    def probe(self, name: Literal["load", "run", "stores", "backfill"]) -> Path:
        return Path(__file__).parent / "probe" / f"{name}.py"

    def backfill(self, pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:
        from dagglot.targets.airflow.backfill import backfill

        return backfill(pipeline, context, asked)

    def load_request(self, root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
        return _request(root, python_path)

    def run_request(
        self,
        root: Path,
        python_path: Sequence[Path],
        runs: Sequence[RunSpec],
        options: Mapping[str, Any],
        stores: Stores | None = None,
    ) -> dict[str, Any]:
        from dagglot.targets.airflow.lent import environment
        from dagglot.targets.airflow.partitions import named

        return {
            **_request(root, python_path),
            "options": dict(options),
            "stores": environment(stores) if stores is not None else {},
            "runs": [
                {
                    "key": run.key,
                    "file": run.names.file,
                    "dag_id": run.names.pipeline,
                    "params": {**run.params, **named(run.partition)},
                    "logical_date": run.time,
                    "timeout": run.timeout,
                    "answers": run.spoken(),
                }
                for run in runs
            ],
        }

    def fire_times(
        self,
        pipeline: Pipeline,
        context: Context,
        since: datetime,
    ) -> Iterator[datetime]:
        from dagglot.targets.airflow.timetables import fire_times

        return fire_times(pipeline.schedule, context.version, since)

    def expected(self, pipeline: Pipeline, context: Context) -> Mapping[str, Json]:
        from dagglot.targets.airflow.expected import expected

        return expected(pipeline, context)


def _request(root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
    return {
        "dags_folder": str((root / "dags").resolve()),
        "python_path": [str(path) for path in python_path],
    }


def _refusals(pipeline: Pipeline, version: str) -> Iterator[Diagnostic]:
    from dagglot.expressions.tree import NODES, Text, references
    from dagglot.ir.kinds import PipelineWait
    from dagglot.ir.model import (
        CheckBody,
        ContainerBody,
        NativeBody,
        PythonBody,
        SensorBody,
    )
    from dagglot.targets.airflow.credentials import is_secret
    from dagglot.targets.airflow.names import PACKAGE, module_name
    from dagglot.targets.airflow.natives import native_classes
    from dagglot.targets.airflow.passing import without_null
    from dagglot.targets.airflow.weaving import unbearable

    title = f"{TARGET.title} {version}"
    for teardown, setup in unbearable(pipeline):
        yield codes.UNSUPPORTED.at(
            teardown.at("teardown_of"),
            target=title,
            feature=f"the teardown of `{setup}`, which decides about other tasks",
            reason="below such a set-up stand only tasks with `all_success`, and no fan-out",
        )
    for task, id in without_null(pipeline):
        yield codes.UNSUPPORTED.at(
            task.at("airflow"),
            target=title,
            feature=f"the list of what `{id}` returns, in `native`",
            reason="Airflow leaves null out of it: hand it on from a `python` task",
        )
    if pipeline.assets:
        from dagglot.targets.airflow import assets

        yield from assets.refusals(pipeline, version, title)
    if pipeline.partitions is not None:
        for param in pipeline.params:
            if param.name == "partition":
                yield codes.UNSUPPORTED.at(
                    param.span,
                    target=title,
                    feature="a param `partition` beside `partitions`",
                    reason="by a param of that name a run is told which partition it works on",
                )
    ours = {PACKAGE, module_name(pipeline)}
    if pipeline.alerts:
        from dagglot.targets.airflow import callbacks  # few pipelines tell anybody

        yield from callbacks.refusals(pipeline, title)
        for alert in callbacks.called(pipeline):
            top = str(alert.settings.get("call", "")).partition(":")[0].partition(".")[0]
            if top in ours:
                yield codes.TAKEN_MODULE.at(alert.span, target=title, module=top)
    for task in pipeline.tasks:
        modules: list[str] = []
        match task.body:
            case SensorBody(wait_for=PipelineWait(), on_timeout="skip"):
                yield codes.UNSUPPORTED.at(
                    task.at("on_timeout"),
                    target=title,
                    feature="`on_timeout: skip` of a sensor that waits for a pipeline",
                    reason="Airflow's ExternalTaskSensor would skip also where that run failed",
                )
            case ContainerBody(runtime=runtime, command=command):
                kubernetes = runtime == "kubernetes"
                if kubernetes and any(map(is_secret, task.env.values())):
                    yield codes.UNSUPPORTED.at(
                        task.at("env"),
                        target=title,
                        feature="a secret in the `env` of a container on Kubernetes",
                        reason="it would stand in clear in the pod; name a Secret of Kubernetes "
                        "in `pod`",
                    )
                if not kubernetes and command and isinstance(command[0], (Text, *NODES)):
                    yield codes.UNSUPPORTED.at(
                        task.at("command"),
                        target=title,
                        feature="a command whose first word is known at run time",
                        reason="DockerOperator does not render the entrypoint",
                    )
            case PythonBody(module=module) | CheckBody(look=PythonBody(module=module)):
                modules = [module]
            case NativeBody(calls=calls) if "airflow" in calls:
                modules = [module for module, _ in native_classes(task.body)]
                secret = next(filter(is_secret, references(calls["airflow"].args)), None)
                if secret is not None:
                    yield codes.UNSUPPORTED.at(
                        task.at("airflow"),
                        target=title,
                        feature="a secret below `args` of `native`",
                        reason="Airflow renders and stores an operator's arguments in clear; give "
                        "the operator a connection",
                    )
                for name in {"task_id", "dag"} & set(calls["airflow"].args):
                    yield codes.UNSUPPORTED.at(
                        calls["airflow"].span,
                        target=title,
                        feature=f"`{name}` below `args` of `native`",
                        reason="the pipeline says it",
                    )
            case _:
                pass
        for top in sorted({module.partition(".")[0] for module in modules} & ours):
            yield codes.TAKEN_MODULE.at(task.at("call"), target=title, module=top)


TARGET: Final = Airflow()
