"""What Airflow must see in a DAG file, computed from the pipeline alone, for `verify`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from typing import Any

from dagglot.ir.expand import thaw
from dagglot.ir.model import (
    ApprovalBody,
    Backoff,
    BranchBody,
    ContainerBody,
    DbtBody,
    GateBody,
    Json,
    NativeBody,
    NoopBody,
    NotebookBody,
    Param,
    Pipeline,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
    TriggerPipelineBody,
)
from dagglot.targets.airflow import assets, docs, partitions, values
from dagglot.targets.airflow.credentials import is_secret, type_of
from dagglot.targets.airflow.kinds import is_function
from dagglot.targets.airflow.retries import attempts
from dagglot.targets.airflow.steps import Woven
from dagglot.targets.airflow.timetables import timetable
from dagglot.targets.airflow.weaving import woven
from dagglot.targets.base import Context


def expected(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    """In the words of the load probe."""
    made = woven(partitions.without_schedule(pipeline))
    facts: dict[str, Any] = {
        "id": pipeline.id,
        "description": pipeline.description or None,
        "docs": docs.markdown(pipeline.docs) if pipeline.docs else None,
        "tags": sorted(set(pipeline.tags)),
        "schedule": _schedule(pipeline, context.version),
        "params": _params(pipeline),
        "tasks": [_task(made, task, context) for task in made.pipeline.tasks],
    }
    if pipeline.concurrency.max_active_runs is not None:
        facts["max_active_runs"] = pipeline.concurrency.max_active_runs
    if pipeline.timeout is not None:
        facts["timeout"] = _seconds(pipeline.timeout)
    if pipeline.alerts:
        _told(facts, made, context)
    return facts


def _told(facts: dict[str, Any], made: Woven, context: Context) -> None:
    """Whom the run tells, and each of its tasks; steps tell nobody of themselves."""
    from dagglot.ir import events
    from dagglot.targets.airflow import callbacks
    from dagglot.targets.airflow.names import file_names
    from dagglot.targets.airflow.natives import native_aliases

    pipeline = made.pipeline
    aliases = native_aliases(pipeline, context.version)
    names = callbacks.functions(pipeline, file_names(pipeline, set(aliases.values())))
    keys = {"failed": "on_failure", "success": "on_success", "retrying": "on_retry"}

    def called(told: Iterable[events.Told], *states: str) -> dict[str, list[str]]:
        by_state: dict[str, list[str]] = {
            one.state: [names[alert.name] for alert in one.alerts] for one in told
        }
        return {keys[state]: by_state.get(state, []) for state in states}

    facts |= called(events.of_run(pipeline), "failed", "success")
    if pipeline.deadline is not None:
        kind = {"DAGRUN_LOGICAL_DATE": "LogicalDate", "DAGRUN_QUEUED_AT": "QueuedAt"}
        reference = kind[callbacks.reference_of(pipeline.deadline, pipeline)]
        facts["deadline"] = [
            {
                "after": _seconds(pipeline.deadline.after),
                "from": f"DagRun{reference}Deadline",
                "call": names[name],
            }
            for name in dict.fromkeys(pipeline.deadline.alerts)
        ]
    by_id = {task.id: task for task in pipeline.tasks}
    for fact in facts["tasks"]:
        task = by_id[fact["id"]]
        of_task = callbacks.of_step(made, task) if task.id in made.steps else None
        found = callbacks.of_task(pipeline, task) if of_task is None else of_task
        plain = fact["operator"] == "EmptyOperator"
        fact |= called(found, "success") if plain else called(found, *keys)


def _schedule(pipeline: Pipeline, version: str) -> dict[str, Any] | None:
    schedule = pipeline.schedule
    made = timetable(schedule, version)
    if schedule.on_assets is not None and schedule.enabled:
        return {
            "timetable": f"{'Dataset' if version == '2.11' else 'Asset'}TriggeredTimetable",
            "assets": assets.neutral(schedule.on_assets, pipeline, version),
            "catchup": schedule.catchup,
            "paused_upon_creation": False,
        }
    if made is None:
        return None
    facts: dict[str, Any] = {
        "timetable": made.name,
        "crons": list(made.lines),
        "timezone": made.zone if made.lines else None,
        "every": _seconds(made.every),
        "end": schedule.end.astimezone(UTC).isoformat() if schedule.end else None,
        "catchup": schedule.catchup,
        "paused_upon_creation": False,
    }
    if schedule.start is not None:
        facts["start"] = schedule.start.astimezone(UTC).isoformat()
    return facts


def _params(pipeline: Pipeline) -> dict[str, Any]:
    by_key = partitions.starts_by_key(pipeline)
    params = {} if by_key else pipeline.schedule.params
    found = {param.name: _param(param, params) for param in pipeline.params}
    if pipeline.partitions is not None:
        found[partitions.PARAM] = partitions.param_facts(pipeline.partitions)
    return found


def _param(param: Param, scheduled: Mapping[str, Json]) -> dict[str, Any]:
    required = param.required and param.name not in scheduled
    default = scheduled.get(param.name) if param.required else param.default
    return {
        "default": None if required else thaw(default),
        "required": required,
        "schema": values.param_schema(param),
        "description": param.description or None,
    }


def _task(made: Woven, task: Task, context: Context) -> dict[str, Any]:
    pipeline, retries = made.pipeline, task.retries
    facts: dict[str, Any] = {
        "id": task.id,
        "upstream": sorted(set(task.upstream)),
        "trigger_rule": task.trigger_rule.value if not task.teardown_of else _TEARDOWN,
        "retries": retries.count,
        "timeout": _seconds(task.timeout),
        "docs": docs.task_docs(task) or None,
        "group": task.group or None,
        "mapped": task.for_each is not None,
    }
    if task.id in made.steps:
        # they have the defaults of the DAG
        facts.pop("timeout")
        if not is_function(task):
            facts.pop("retries")
    if task.teardown_of:
        facts["teardown"] = True
    if pipeline.assets:
        of = {asset.name: assets.identity(asset, context.version) for asset in pipeline.assets}
        facts["outlets"] = [of[name] for name in task.produces]
        facts["inlets"] = [of[name] for name in assets.read(task)]
    if task.pool is not None:
        facts |= {"pool": task.pool.name, "pool_slots": task.pool.slots}
    if task.priority is not None:
        facts["priority"] = task.priority
    if task.depends_on_past:
        facts["depends_on_past"] = True
    if task.owner or pipeline.owner:
        facts["owner"] = task.owner or pipeline.owner
    if retries.count:
        cap = retries.max_delay if retries.max_delay is not None else timedelta.max
        facts["retry_delay"] = _seconds(min(retries.delay, cap))
        grows = retries.count > 1 and timedelta(0) < retries.delay < cap
        if (own := attempts(task).own) and context.version != "2.11":
            facts["retry_policy"] = f"{own.title()}RetryPolicy"
        if retries.max_delay is not None and retries.backoff is not Backoff.CONSTANT and grows:
            facts["max_retry_delay"] = _seconds(retries.max_delay)
    match task.body:
        case GateBody() if task.id not in made.groups:
            facts["operator"] = "_ShortCircuitDecoratedOperator"
        case BranchBody() if task.id not in made.groups:
            facts["operator"] = "_BranchPythonDecoratedOperator"
        case SensorBody() if is_function(task):
            facts["operator"] = "DecoratedSensorOperator"
        case _ if is_function(task):
            facts["operator"] = "_PythonDecoratedOperator"
        case ShellBody() | DbtBody() | NotebookBody() | SparkBody():
            facts["operator"] = "BashOperator" if task.timeout is None else "TimedBashOperator"
        case ContainerBody(runtime="kubernetes"):
            facts["operator"] = "KubernetesPodOperator"
        case ContainerBody():
            secret = any(map(is_secret, task.env.values()))
            facts["operator"] = "SecretDockerOperator" if secret else "DockerOperator"
        case ApprovalBody():
            facts["operator"] = "ApproveOperator"
        case TriggerPipelineBody():
            facts["operator"] = "RunDagOperator"
        case SensorBody():
            facts["operator"] = "ExternalTaskSensor"
        case SqlBody(connection=name):
            by_helper = type_of(pipeline, name) in ("duckdb", "bigquery")
            facts["operator"] = "PythonOperator" if by_helper else "SQLExecuteQueryOperator"
        case NoopBody():
            facts["operator"] = "EmptyOperator"
        case NativeBody(calls=calls):
            facts["operator"] = calls["airflow"].name.rpartition(".")[2]
            for name in ("retries", "retry_delay", "owner", "doc_md", "trigger_rule"):
                if name in calls["airflow"].args:
                    facts.pop({"doc_md": "docs"}.get(name, name), None)
            if "execution_timeout" in calls["airflow"].args:
                facts.pop("timeout", None)
        case _:
            pass
    return facts


_TEARDOWN = "all_done_setup_success"
"""The trigger rule that Airflow gives to every teardown."""


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()
