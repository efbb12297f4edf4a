"""Who is told what becomes of ops and runs: a decorator of ops, and sensors of the job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.tree import PartitionField, RunField, references
from dagglot.ir import events
from dagglot.ir.model import Alert, Deadline, Pipeline, Task
from dagglot.pycode import INDENT, Code
from dagglot.targets.dagster.names import FileNames, asset_step, job_name, node_name, sensor_names
from dagglot.targets.dagster.retries import seconds
from dagglot.targets.dagster.view import Function, signature

_KEYS = {"failed": "on_failure", "success": "on_success", "retrying": "on_retry"}
INTERVAL = 30
"""Seconds between two looks for runs that are late."""


class File(Protocol):
    """The job file that it all stands in."""

    names: FileNames
    options: Mapping[str, Any]

    def helper(self, module: str, name: str) -> Code: ...


def of_task(pipeline: Pipeline, task: Task, file: File) -> Code | None:
    """The decorator of an op, where somebody is told how its attempts end."""
    keywords: dict[str, object] = {
        _KEYS[event.state]: _functions(event, file) for event in events.of_task(pipeline, task)
    }
    if not keywords:
        return None
    owner = task.owner or pipeline.owner
    if owner:
        keywords["owner"] = owner
    helper = file.helper("events", "tells")
    return pycode.call(helper, (pipeline.id, task.id), keywords, prefix="@")


def sensors(pipeline: Pipeline, file: File) -> Iterator[Function]:
    """A sensor for each event of the run."""
    for event in events.of_run(pipeline):
        name = file.names.sensors[event.state]
        if event.state == "late" and pipeline.deadline is not None:
            yield _late(pipeline, pipeline.deadline, event, name, file)
        else:
            yield _ended(pipeline, event, name, file)


def _ended(pipeline: Pipeline, event: events.Told, name: str, file: File) -> Function:
    keywords: dict[str, object] = {"name": sensor_names(pipeline)[event.state]}
    if event.state == "failed":
        decorator, context = "dg.run_failure_sensor", "dg.RunFailureSensorContext"
    else:
        decorator, context = "dg.run_status_sensor", "dg.RunStatusSensorContext"
        keywords["run_status"] = Code("dg.DagsterRunStatus.SUCCESS")
    keywords["monitored_jobs"] = [Code(file.names.job)]
    args = (Code("context"), pipeline.id, *_functions(event, file))
    given: dict[str, object] = {"owner": pipeline.owner} if pipeline.owner else {}
    ids = {step: id for step, id in _steps(pipeline, file) if step != id}
    if ids and event.state == "failed":
        given["ids"] = ids
    call = pycode.call(file.helper("events", "tell_run"), args, given, INDENT)
    return _sensor(decorator, keywords, name, context, "None", call)


def _steps(pipeline: Pipeline, file: File) -> Iterator[tuple[str, str]]:
    """What the step of each task is called, and the task's id."""
    as_assets = file.options.get("style") == "assets"
    for task in pipeline.tasks:
        yield asset_step(task, pipeline) if as_assets else node_name(task.id), task.id


def _late(
    pipeline: Pipeline, deadline: Deadline, event: events.Told, name: str, file: File
) -> Function:
    keywords: dict[str, object] = {
        "name": sensor_names(pipeline)[event.state],
        "minimum_interval_seconds": INTERVAL,
    }
    args = (Code("context"), pipeline.id, job_name(pipeline), *_functions(event, file))
    given: dict[str, object] = {"after": seconds(deadline.after), "since": deadline.from_}
    if pipeline.owner:
        given["owner"] = pipeline.owner
    helper = file.helper("events", "tell_late")
    call = pycode.call(helper, args, given, INDENT, "return ")
    return _sensor(
        "dg.sensor",
        keywords,
        name,
        "dg.SensorEvaluationContext",
        "dg.SkipReason",
        Code(f"return {call}"),
    )


def _sensor(
    decorator: str,
    keywords: dict[str, object],
    name: str,
    context: str,
    returns: str,
    statement: Code,
) -> Function:
    status = {"default_status": Code("dg.DefaultSensorStatus.RUNNING")}
    made = pycode.call(decorator, (), {**keywords, **status}, prefix="@")
    return Function(
        decorators=(Code(f"@{made}"),),
        signature=signature(name, [f"context: {context}"], returns),
        statements=(statement,),
    )


def _functions(event: events.Told, file: File) -> list[Code]:
    return [Code(file.names.alerts[alert.name]) for alert in event.alerts]


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """What an alert would say that only an op knows: it is told outside of one."""
    if not pipeline.alerts:
        return
    names = {alert.name for event in events.of_all(pipeline) for alert in event.alerts}
    for alert in pipeline.alerts:
        what = _unknown(alert) if alert.name in names else None
        if what is not None:
            yield codes.UNSUPPORTED.at(
                alert.span,
                target=title,
                feature=f"{what} in an alert",
                reason="it is told outside of the op and of the run, where that is not known; a "
                "task of type `notify` can say it",
            )


def _unknown(alert: Alert) -> str | None:
    for leaf in references(dict(alert.settings)):
        match leaf:
            case PartitionField(name=name):
                return f"`partition.{name}`"
            case RunField(name="attempt"):
                return "`run.attempt`"
            case _:
                pass
    return None
