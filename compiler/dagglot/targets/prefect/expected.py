"""What Prefect must see in the generated files, computed from the pipeline alone, for `verify`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dagglot.expressions.types import Kind
from dagglot.ir import events
from dagglot.ir.model import Backoff, Json, NoopBody, Param, Pipeline, Retries, Task
from dagglot.targets.base import Context
from dagglot.targets.prefect import assets, control_flow, deployment, docs
from dagglot.targets.prefect.names import TARGET, Naming, naming
from dagglot.targets.prefect.schedules import entries


def expected(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    """In the words of the load probe."""
    if pipeline.partitions is not None:
        from dagglot.targets.prefect.partitions import with_param

        pipeline = with_param(pipeline)
    pipeline = assets.with_updates(pipeline)
    names = naming(pipeline)
    text = docs.flow_docs(pipeline, names.params)
    return {
        "id": pipeline.id,
        "file": f"{names.file}",
        "description": _cleaned(text),
        "retries": 0,
        "timeout": None if pipeline.timeout is None else pipeline.timeout.total_seconds(),
        "tells": _tells(names, events.of_run(pipeline), "failed", "crashed", "success"),
        "params": {names.params[param.name]: _param(param) for param in pipeline.params},
        "tasks": [_task(pipeline, task, names) for task in pipeline.tasks],
        "graph_error": None,
        "deployments": [_deployment(pipeline, context)],
    }


def _cleaned(text: str) -> str | None:
    """A docstring as Python reads it, from a function's indent: tabs end where they stand there."""
    indented = "\n".join(f"    {line}" for line in text.split("\n"))
    return inspect.cleandoc(indented.removeprefix("    ")) or None


def _param(param: Param) -> dict[str, Any]:
    facts: dict[str, Any] = {"required": param.required}
    if not param.required:
        facts["default"] = _default(param)
    schema: dict[str, Any] = {}
    if param.description.strip():
        schema["description"] = docs.one_line(param.description)
    if not param.type.nullable and param.type.members is None:
        if param.type.kind.value in ("string", "integer", "boolean"):
            schema["type"] = param.type.kind.value
        if param.pattern is not None:
            schema["pattern"] = param.pattern
        if param.type.kind.value == "integer":
            if param.minimum is not None:
                schema["minimum"] = param.minimum
            if param.maximum is not None:
                schema["maximum"] = param.maximum
    facts["schema"] = schema
    return facts


def _default(param: Param) -> Json:
    """The default as pydantic writes it."""
    if param.type.kind is not Kind.DATETIME or not isinstance(param.default, str):
        return param.default
    if param.type.members is not None:
        return param.default
    text = datetime.fromisoformat(param.default).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _tells(names: Naming, found: Iterable[events.Told], *states: str) -> dict[str, list[str]]:
    """The functions that tell of each event; of a run that crashed, those of one that failed."""
    functions: dict[str, list[str]] = {
        str(one.state): [names.alerts[each.name] for each in one.alerts] for one in found
    }
    by_state: dict[str, list[str]] = {**functions, "crashed": functions.get("failed", [])}
    return {state: by_state.get(state, []) for state in states}


def _task(pipeline: Pipeline, task: Task, names: Naming) -> dict[str, Any]:
    retries = task.retries
    text = docs.task_docs(task)
    if isinstance(task.body, NoopBody) and not text:
        text = docs.NOTHING_TO_DO
    if assets.is_step(task):
        text = assets.told(task)
    facts: dict[str, Any] = {
        "id": task.id,
        "description": _cleaned(text),
        "tags": sorted(set(task.tags)),
        "retries": retries.count,
        "retry_jitter_factor": None,
        "timeout": None,  # Prefect's own cannot interrupt a thread, so it is not used
        "tells": _tells(names, events.of_task(pipeline, task), "failed", "success", "retrying"),
        "mapped": control_flow.elements_of(pipeline, task) is not None,
        "upstream": sorted(set(task.upstream)),
    }
    if pipeline.assets:
        keys = {asset.name: assets.key(asset) for asset in pipeline.assets}
        facts["produces"] = sorted(keys[name] for name in task.produces)
        facts["consumes"] = sorted(keys[name] for name in task.consumes)
    if retries.count:
        facts["retry_delays"] = _delays(retries)
    return facts


def _delays(retries: Retries) -> float | list[float]:
    """The waits in seconds up to the first that repeats."""
    cap = float("inf") if retries.max_delay is None else retries.max_delay.total_seconds()
    delay = retries.delay.total_seconds()
    found: list[float] = []
    for number in range(1, retries.count + 1):
        match retries.backoff:
            case Backoff.CONSTANT:
                wait = min(delay, cap)
            case Backoff.LINEAR:
                wait = min(delay * number, cap)
            case Backoff.EXPONENTIAL:
                wait = min(delay * 2.0 ** min(number - 1, 99), cap)
        if found and wait == found[-1]:
            break
        found.append(wait)
    return found if len(found) > 1 else found[0]


def _deployment(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    options = {**context.options, **pipeline.options.get(TARGET, {})}
    pool: dict[str, Any] = {"name": options.get("work_pool") or "default"}
    if options.get("work_queue"):
        pool["work_queue_name"] = options["work_queue"]
    if options.get("job_variables"):
        pool["job_variables"] = options["job_variables"]
    names = naming(pipeline)
    schedule = pipeline.schedule
    owner = [f"owner:{pipeline.owner}"] if pipeline.owner else []
    facts: dict[str, Any] = {
        "name": pipeline.id,
        "description": docs.deployment_description(pipeline),
        "entrypoint": names.entrypoint,
        "tags": list(dict.fromkeys([*pipeline.tags, *owner])),
        "parameters": {},
        "enforce_parameter_schema": True,
        "paused": False,
        "work_pool": pool,
        "schedules": [dict(deployment.NO_SCHEDULE)],
    }
    if schedule.on_assets is not None:
        facts["triggers"] = deployment.triggers(pipeline, names)
    limit = deployment.concurrency_limit(pipeline)
    if limit is not None:
        facts["concurrency_limit"] = limit
    if options.get("version"):
        facts["version"] = options["version"]
    if made := entries(schedule):
        facts["schedules"] = [{**one.data(), "active": schedule.enabled} for one in made]
        if schedule.params:
            values = {names.params[name]: value for name, value in schedule.params.items()}
            facts["schedules"] = [{**one, "parameters": values} for one in facts["schedules"]]
        if pipeline.partitions is not None and pipeline.partitions.keys:
            from dagglot.targets.prefect.partitions import by_key

            keys = {key: key for key in pipeline.partitions.keys}
            facts["schedules"] = [each for one in facts["schedules"] for each in by_key(keys, one)]
    return facts
