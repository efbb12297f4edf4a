"""What the load probe must say of a pipeline, from the IR alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dagglot.expressions.tree import TaskOutput, references
from dagglot.expressions.types import Kind
from dagglot.ir.model import Backoff, Group, Json, NoopBody, Param, Pipeline, Retries, Task
from dagglot.passes.dependencies import body_values
from dagglot.targets.base import Context
from dagglot.targets.dagster import labels, names
from dagglot.targets.dagster.options import options

_BACKOFFS: Final = {Backoff.LINEAR: "linear", Backoff.EXPONENTIAL: "exponential"}
_TYPES: Final = {
    Kind.STRING: "String",
    Kind.INTEGER: "Int",
    Kind.NUMBER: "Any",
    Kind.BOOLEAN: "Bool",
    Kind.DATE: "String",
    Kind.DATETIME: "String",
    Kind.LIST: "Any",
    Kind.MAP: "Any",
}


def expected(pipeline: Pipeline, context: Context) -> Mapping[str, Json]:
    job = names.job_name(pipeline)
    tags = labels.job_tags(pipeline)
    groups = labels.groups_by_id(pipeline.groups)
    chosen = options(pipeline, context)
    limited = "max_concurrent" in chosen or chosen.get("executor") == "multiprocess"
    executor = "multiprocess" if limited else "multi_or_in_process_executor"
    if chosen.get("executor") == "in_process":
        executor = "in_process"
    return {
        "id": job,
        "description": labels.job_description(pipeline) or None,
        "tags": tags,
        "run_tags": tags,
        "metadata": chosen["metadata"],
        "executor": executor,
        "hooks": (),
        "schedule": _schedule(pipeline, job),
        "params": {param.name: _param(param) for param in pipeline.params},
        "tasks": tuple(_task(task, groups, job) for task in pipeline.tasks),
    }


def _schedule(pipeline: Pipeline, job: str) -> Json:
    schedule = pipeline.schedule
    if schedule.cron is None:
        return None
    return {
        "name": f"{job}_schedule",
        "job": job,
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "status": "running" if schedule.enabled else "stopped",
    }


def _param(param: Param) -> Json:
    members = param.type.members
    texts = param.type.kind is Kind.STRING and param.pattern is None and not param.type.nullable
    if members is not None and texts and all(isinstance(member, str) for member in members):
        kind = f"enum[{', '.join(str(member) for member in members)}]"
    else:
        kind = _TYPES[param.type.kind]
        if not param.required:
            kind += " | None"  # Dagster says so of each field with a default
    fact: dict[str, Json] = {
        "type": kind,
        "required": param.required,
        "default": None if param.required else param.default,
    }
    if param.description:
        fact["description"] = param.description
    return fact


def _task(task: Task, groups: Mapping[str, Group], job: str) -> Json:
    node = names.node_name(task.id)
    read = {
        leaf.task
        for value, key in body_values(task)
        if key not in ("airflow", "prefect")
        for leaf in references((value, tuple(task.env.values())))
        if isinstance(leaf, TaskOutput)
    }
    upstream = [id for id in task.upstream if id in read]
    upstream += [id for id in task.upstream if id not in read]
    # what cannot fail has no policy
    retries = Retries() if isinstance(task.body, NoopBody) else task.retries
    fact: dict[str, Json] = {
        "id": node,
        "definition": names.op_name(job, node),
        "description": labels.description(task.description, task.docs) or None,
        "upstream": tuple(names.node_name(id) for id in upstream),
        "outputs": {"result": {"required": True, "dynamic": False}},
        "mapped": False,
        "retries": retries.count,
        "jitter": None,
        "pool": None,
    }
    if retries.count:
        fact["retry_delay"] = retries.delay.total_seconds()
        if retries.delay:
            fact["backoff"] = _BACKOFFS.get(retries.backoff)
        if retries.max_delay is not None and retries.backoff is Backoff.CONSTANT:
            fact["retry_delay"] = min(retries.delay, retries.max_delay).total_seconds()
    tags = labels.task_tags(task, groups)
    given = task.options.get("dagster", {}).get("metadata")
    if isinstance(given, Mapping):
        tags |= labels.metadata_tags(given)
    fact["tags"] = tags
    return fact
