"""What Dagster sees in a generated folder: `python load.py ANSWER < REQUEST`.

Request: {"root", "python_path": [folders], "from": ISO time or null, "ticks": 8}.
Answer: {"version", "location", "errors": [text], "pipelines", "schedules", "sensors"}.
The folder is loaded as `dagster dev` started in it would load it, and validated; nothing is run.
Schedules are asked what they would do at their next `ticks` fire times at or after `from` (default:
now).
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import sys
import warnings
from typing import Any

import common

OWN_JOB = "__ASSET_JOB"
"""What Dagster calls the job that it makes itself wherever there are assets."""


def main() -> None:
    request = json.load(sys.stdin)
    os.environ["PYTHONPATH"] = os.pathsep.join(request.get("python_path", []))
    sys.path[1:1] = request.get("python_path", [])
    common.leave_the_import_path()
    warnings.filterwarnings("ignore")
    with common.home_folder():
        import dagster

        answer: dict[str, Any] = {
            "version": dagster.__version__,
            "location": None,
            "errors": [],
            "pipelines": [],
            "schedules": [],
            "sensors": [],
        }
        try:
            location = common.location(request["root"])
        except Exception as error:
            answer["errors"].append(common.described(error))
        else:
            answer["location"] = location.name
            answer.update(_contents(location.repository, request))
    common.write_answer(answer)


def _contents(repository: Any, request: dict[str, Any]) -> dict[str, Any]:
    import dagster

    start = request.get("from")
    begin = dt.datetime.fromisoformat(start) if start else dt.datetime.now(dt.UTC)
    # that of the folder, not an ephemeral one: a schedule that asks it for runs opens it by itself
    with dagster.DagsterInstance.get() as instance:
        schedules = [
            _schedule(each, repository, instance, begin, request.get("ticks", 8))
            for each in sorted(repository.schedule_defs, key=lambda each: each.name)
        ]
    made = (job for job in repository.get_all_jobs() if not job.name.startswith(OWN_JOB))
    jobs = sorted(made, key=lambda job: job.name)
    by_job = {each["job"]: each for each in reversed(schedules)}
    sensors = [_sensor(each) for each in sorted(repository.sensor_defs, key=lambda each: each.name)]
    of_job = {name: each for each in sensors for name in each["jobs"] if starts(each, name)}
    assets = _assets(repository)
    return {
        "pipelines": [
            {
                **_job(job, by_job.get(job.name)),
                "tells": _tells(job, repository),
                "sensor": of_job.get(job.name),
                "assets": assets,
                "fire_times": _fire_times(by_job.get(job.name), begin),
            }
            for job in jobs
        ],
        "schedules": schedules,
        "sensors": sensors,
    }


def starts(sensor: dict[str, Any], job: str) -> bool:
    """Whether a sensor is the one that starts a job on updates: others only look at its runs."""
    return str(sensor["name"]) == f"{job}_sensor"


def _assets(repository: Any) -> dict[str, Any]:
    """Every asset of the location by its key: none belongs to one job."""
    graph = repository.asset_graph
    found: dict[str, Any] = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        policy = node.freshness_policy_or_from_metadata
        window = getattr(policy, "fail_window", None)
        kind = "dagster/kind/"
        found[key.to_user_string()] = {
            "description": node.description,
            "metadata": {name: common.plain(value) for name, value in node.metadata.items()},
            "group": node.group_name,
            "owners": list(node.owners),
            "tags": {name: one for name, one in node.tags.items() if not name.startswith(kind)},
            "kinds": sorted(name.removeprefix(kind) for name in node.tags if name.startswith(kind)),
            "deps": sorted(each.to_user_string() for each in node.parent_keys),
            "fail_window": window.to_timedelta().total_seconds() if window else None,
            "partitions": _partitions(node.partitions_def),
        }
    return found


def _job(job: Any, schedule: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": job.name,
        "description": job.description,
        "tags": dict(job.tags),
        "run_tags": dict(job.run_tags),
        "owners": list(job.owners or []),
        "metadata": {key: common.plain(value) for key, value in (job.metadata or {}).items()},
        "executor": job.executor_def.name,
        "hooks": sorted(hook.name for hook in job.hook_defs),
        "partitions": _partitions(job.partitions_def),
        "schedule": schedule,
        "params": _params(job),
        "tasks": sorted(
            (_task(each, job) for each in common.leaves(job.graph)),
            key=lambda task: str(task["id"]),
        ),
    }


def _tells(job: Any, repository: Any) -> dict[str, str]:
    """The sensors that tell of the job's runs, and whether they are on."""
    names = {f"{job.name}_{event}" for event in ("on_failure", "on_success", "deadline")}
    return {
        each.name: each.default_status.name.lower()
        for each in repository.sensor_defs
        if each.name in names
    }


def _task(leaf: dict[str, Any], job: Any) -> dict[str, Any]:
    node, definition = leaf["node"], leaf["node"].definition
    policy = node.retry_policy or definition.retry_policy or job.op_retry_policy
    return {
        "id": leaf["path"],
        "definition": definition.name,
        "description": definition.description,
        "tags": dict(node.tags),
        "upstream": common.upstream(leaf["inputs"]),
        "after": sorted(common.upstream(leaf["inputs"])),
        "inputs": leaf["inputs"],
        "outputs": {
            name: {"required": each.is_required, "dynamic": each.is_dynamic}
            for name, each in definition.output_dict.items()
        },
        "mapped": leaf["mapped"],
        "retries": policy.max_retries if policy else 0,
        "retry_delay": (policy.delay or 0) if policy else 0,
        "backoff": policy.backoff.name.lower() if policy and policy.backoff else None,
        "jitter": policy.jitter.name.lower() if policy and policy.jitter else None,
        "pool": definition.pool,
        "resources": sorted(definition.required_resource_keys),
    }


def _params(job: Any) -> dict[str, Any]:
    """The config of the resource of the params: what a launch of the job may set."""
    field = job.run_config_schema.run_config_schema_type
    for name in ("resources", common.params_key(job), "config"):
        field = getattr(getattr(field, "config_type", field), "fields", {}).get(name)
        if field is None:
            return {}
    return {
        name: {
            "type": _type(each.config_type),
            "required": each.is_required,
            "default": common.plain(each.default_value) if each.default_provided else None,
            "description": each.description,
        }
        for name, each in getattr(field.config_type, "fields", {}).items()
    }


def _type(config_type: Any) -> str:
    kind = config_type.kind.name
    if kind == "SCALAR_UNION":
        return _type(config_type.scalar_type)
    if kind == "NONEABLE":
        return f"{_type(config_type.inner_type)} | None"
    if kind == "ARRAY":
        return f"list[{_type(config_type.inner_type)}]"
    if kind == "ENUM":
        return "enum[" + ", ".join(value.config_value for value in config_type.enum_values) + "]"
    if kind == "MAP":
        return f"dict[{_type(config_type.key_type)}, {_type(config_type.inner_type)}]"
    return str(config_type.given_name or kind.lower())


def _partitions(definition: Any) -> dict[str, Any] | None:
    if definition is None:
        return None
    import dagster

    found: dict[str, Any] = {"type": type(definition).__name__}
    if not isinstance(definition, dagster.TimeWindowPartitionsDefinition):
        return {**found, "keys": list(definition.get_partition_keys())}
    found["timezone"] = definition.timezone
    windows, edge = [], definition.start
    for _ in range(3):
        windows.append(definition.get_next_partition_window(edge, respect_bounds=False))
        edge = windows[-1].end
    found["keys"] = [window.start.strftime(definition.fmt) for window in windows]
    end = definition.end
    found["last"] = end.strftime(definition.fmt) if end is not None else None
    return found


def _schedule(
    schedule: Any, repository: Any, instance: Any, begin: dt.datetime, count: int
) -> dict[str, Any]:
    from dagster._utils.schedules import schedule_execution_time_iterator

    zone = schedule.execution_timezone or "UTC"
    times = schedule_execution_time_iterator(begin.timestamp(), schedule.cron_schedule, zone)
    return {
        "name": schedule.name,
        "job": schedule.job_name,
        "description": schedule.description,
        "cron": schedule.cron_schedule,
        "timezone": zone,
        "status": schedule.default_status.name.lower(),
        "tags": dict(schedule.tags),
        "ticks": [
            _tick(schedule, when, repository, instance) for when in itertools.islice(times, count)
        ],
    }


def _fire_times(schedule: dict[str, Any] | None, begin: dt.datetime) -> dict[str, Any]:
    """When it starts runs, among the ticks that were asked."""
    ticks = schedule["ticks"] if schedule and schedule["status"] == "running" else []
    return {
        "since": begin.isoformat(),
        "until": ticks[-1]["time"] if ticks else None,
        "times": [tick["time"] for tick in ticks if tick["runs"]],
    }


def _tick(schedule: Any, when: dt.datetime, repository: Any, instance: Any) -> dict[str, Any]:
    import dagster

    tick: dict[str, Any] = {"time": when.isoformat(), "skip": None, "error": None, "runs": []}
    context = dagster.build_schedule_context(
        instance=instance, scheduled_execution_time=when, repository_def=repository
    )
    try:
        data = schedule.evaluate_tick(context)
    except Exception as error:
        tick["error"] = common.described(error)
        return tick
    tick["skip"] = data.skip_message
    tick["runs"] = [
        {
            "run_key": each.run_key,
            "tags": dict(each.tags),
            "run_config": common.plain(each.run_config),
            "partition": each.partition_key,
        }
        for each in data.run_requests or []
    ]
    return tick


def _sensor(sensor: Any) -> dict[str, Any]:
    return {
        "name": sensor.name,
        "type": sensor.sensor_type.name.lower(),
        "jobs": [target.job_name for target in sensor.targets],
        "description": sensor.description,
        "interval": sensor.minimum_interval_seconds,
        "status": sensor.default_status.name.lower(),
    }


if __name__ == "__main__":
    main()
