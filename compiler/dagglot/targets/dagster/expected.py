"""What the load probe must say of a pipeline, from the IR alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from dagglot.expressions.types import Kind
from dagglot.ir.model import (
    Backoff,
    BranchBody,
    GateBody,
    Group,
    Json,
    NoopBody,
    Param,
    Partitions,
    Pipeline,
    Retries,
    Task,
)
from dagglot.targets.base import Context
from dagglot.targets.dagster import control_flow, labels, names, native_flow
from dagglot.targets.dagster.executor import max_concurrent
from dagglot.targets.dagster.options import options, run_tags
from dagglot.targets.dagster.schedule import ticks
from dagglot.targets.dagster.weaving import woven
from dagglot.targets.dagster.wiring import list_reads, read_outputs, waits_for

WINDOWS: Final = 3
"""Partitions of which the load probe says the keys."""
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
    given = pipeline
    pipeline = woven(pipeline)
    job = names.job_name(pipeline)
    tags = labels.job_tags(pipeline)
    groups = labels.groups_by_id(pipeline.groups)
    chosen = options(pipeline, context)
    as_assets = chosen.get("style") == "assets"
    has_outcomes = native_flow.needs_outcomes(pipeline)
    configured = (
        max_concurrent(pipeline, chosen) is not None
        or chosen.get("executor") == "multiprocess"
        or has_outcomes
    )
    executor = "multiprocess" if configured else "multi_or_in_process_executor"
    if chosen.get("executor") == "in_process":
        executor = "in_process"
    return {
        "id": job,
        "description": labels.job_description(pipeline) or None,
        "tags": tags,
        "run_tags": {
            key: one if isinstance(one, str) else json.dumps(one, sort_keys=True)
            for key, one in (run_tags(pipeline, chosen) or tags).items()
        },
        "metadata": chosen["metadata"],
        "executor": executor,
        "hooks": (),
        "partitions": _partitions(pipeline.partitions),
        "schedule": _schedule(pipeline, job),
        "tells": dict.fromkeys(names.sensor_names(pipeline).values(), "running"),
        "sensor": _sensor(pipeline, job),
        "assets": _assets(given, as_assets),
        "params": {param.name: _param(param) for param in pipeline.params},
        "tasks": tuple(_steps_of_assets(groups, pipeline))
        if as_assets
        else (
            *(_task(task, groups, pipeline, has_outcomes) for task in pipeline.tasks),
            *_helpers(pipeline),
        ),
    }


def _schedule(pipeline: Pipeline, job: str) -> Json:
    schedule, looks = pipeline.schedule, ticks(pipeline.schedule)
    if looks is None:
        return None
    return {
        "name": f"{job}_schedule",
        "job": job,
        "cron": looks.lines[0] if len(looks.lines) == 1 else looks.lines,
        "timezone": looks.zone,
        "status": "running" if schedule.enabled else "stopped",
    }


def _partitions(partitions: Partitions | None) -> Json:
    if partitions is None:
        return None
    if partitions.keys:
        return {"keys": partitions.keys}
    from dagglot.semantics import partitions as reference
    from dagglot.targets.dagster.partitions import bounds

    first = islice(reference.windows(partitions), WINDOWS)
    return {
        "timezone": partitions.timezone,
        "keys": tuple(one.key for one in first),
        "last": bounds(partitions)[1],
    }


def _sensor(pipeline: Pipeline, job: str) -> Json:
    if pipeline.schedule.on_assets is None:
        return None
    return {
        "name": names.sensor_name(job),
        "jobs": (job,),
        "status": "running" if pipeline.schedule.enabled else "stopped",
    }


def _steps_of_assets(groups: Mapping[str, Group], pipeline: Pipeline) -> Iterator[Json]:
    from dagglot.targets.dagster import asset_facts

    for task, own in asset_facts.steps(pipeline):
        fact = {**_task(task, groups, pipeline, has_outcomes=False), **own}
        yield {key: one for key, one in fact.items() if key not in ("outputs", "upstream")}


def _assets(pipeline: Pipeline, as_assets: bool) -> Json:
    """Those that the pipeline makes, by their keys as Dagster writes them."""
    from dagglot.targets.dagster import assets

    declared = {asset.name: asset for asset in pipeline.assets}
    found: dict[str, Json] = {}
    for name, task in assets.produced(pipeline).items():
        fresh = declared[name].freshness
        said = assets.facts(declared[name], assets.kinds(task, pipeline))
        fact: dict[str, Json] = {
            "description": said.get("description"),
            "metadata": said.get("metadata", {}),
            "group": said.get("group_name", "default"),
            "owners": tuple(said.get("owners", ())),
            "tags": said.get("tags", {}),
            "kinds": tuple(sorted(said.get("kinds", ()))),
            "deps": tuple(
                sorted("/".join(names.asset_key(one)) for one in assets.lineage(name, pipeline))
            ),
            "fail_window": fresh.total_seconds() if fresh is not None else None,
        }
        if as_assets:
            from dagglot.targets.dagster import asset_facts

            fact |= asset_facts.described(name, pipeline)
        found["/".join(names.asset_key(name))] = fact
    return found


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


_RESULT: Final[Json] = {"result": {"required": True, "dynamic": False}}
_OUTCOME: Final[Json] = {
    "result": {"required": True, "dynamic": False},
    "outcome": {"required": True, "dynamic": False},
}


def _task(
    task: Task, groups: Mapping[str, Group], pipeline: Pipeline, has_outcomes: bool
) -> dict[str, Json]:
    job = names.job_name(pipeline)
    node = names.node_name(task.id)
    # what cannot fail has no policy
    retries = Retries() if isinstance(task.body, NoopBody) else task.retries
    maps = control_flow.map_by_task(pipeline)
    one = maps.get(task.id)
    fact: dict[str, Json] = {
        "id": node,
        "definition": names.op_name(job, node),
        "description": labels.description(task.description, task.docs) or None,
        "upstream": _upstream(task, pipeline),
        "outputs": _OUTCOME if has_outcomes else _native_outputs(task, pipeline),
        "mapped": one is not None,
        "retries": retries.count,
        "jitter": None,
        "pool": task.pool.name if task.pool is not None else None,
    }
    if retries.count:
        fact["retry_delay"] = retries.delay.total_seconds()
        if retries.delay:
            fact["backoff"] = _BACKOFFS.get(retries.backoff)
        if retries.max_delay is not None and retries.backoff is Backoff.CONSTANT:
            fact["retry_delay"] = min(retries.delay, retries.max_delay).total_seconds()
    tags = labels.task_tags(task, groups)
    if one is not None and one.for_each.max_parallel is not None:
        tags[labels.FOR_EACH] = one.id
    given = task.options.get("dagster", {}).get("metadata")
    if isinstance(given, Mapping):
        tags |= labels.metadata_tags(given)
    for name, value in labels.kubernetes_tags(task).items():
        tags[name] = json.dumps(value, sort_keys=True)  # as Dagster keeps what is no text
    fact["tags"] = tags
    return fact


def _native_outputs(task: Task, pipeline: Pipeline) -> Json:
    optional: Json = {"required": False, "dynamic": False}
    match task.body:
        case GateBody():
            return {"result": optional}
        case BranchBody():
            return dict.fromkeys(names.branch_outputs(pipeline)[task.id].values(), optional)
        case _:
            return _RESULT


def _upstream(task: Task, pipeline: Pipeline) -> tuple[str, ...]:
    """The nodes that feed an op: those whose outputs it reads come first."""
    helpers = names.helper_nodes(pipeline)
    maps = control_flow.map_by_task(pipeline)
    own = maps.get(task.id)
    read = read_outputs(task)
    ids = (*read, *waits_for(task, read))
    found = [
        names.node_name(id) if maps.get(id) in (None, own) else helpers["all", id] for id in ids
    ]
    return (*((helpers["elements", own.id],) if own is not None else ()), *found)


def _helpers(pipeline: Pipeline) -> Iterator[Json]:
    """The ops that make lists to map over, and those that gather instances."""
    helpers = names.helper_nodes(pipeline)
    maps = control_flow.map_by_task(pipeline)
    for one in control_flow.maps(pipeline):
        reads = list_reads(one)
        yield {
            "id": helpers["elements", one.id],
            "upstream": tuple(
                helpers["all", id] if id in maps else names.node_name(id) for id in reads
            ),
            "outputs": {"result": {"required": True, "dynamic": True}},
            "mapped": False,
        }
    for id in control_flow.gathered(pipeline):
        yield {
            "id": helpers["all", id],
            "upstream": (names.node_name(id),),
            "outputs": _OUTCOME,
            "mapped": False,
        }
