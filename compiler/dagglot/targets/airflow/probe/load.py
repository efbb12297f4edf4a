"""What Airflow itself sees in generated DAG files: `python load.py ANSWER < REQUEST`.

Request: {"dags_folder": folder, "files": [names], all when absent, "python_path": [folders],
"home": folder or null}.
Answer: {"version", "errors": [{"file", "message"}], "pipelines": [...]}; see `describe_dag`.
Every DAG goes through Airflow's serialization, as the scheduler sees nothing else; no database is
needed.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from itertools import islice
from typing import Any

import common

common.hide_probe()


def main() -> None:
    request = json.load(sys.stdin)
    with common.home_folder(request) as home:
        os.environ.update(common.settings(request, home, log_level="ERROR"))
        common.extend_path(request)
        common.write_answer(sys.argv[1], load(request))


def load(request: dict[str, Any]) -> dict[str, Any]:
    folder = request["dags_folder"]
    files = request.get("files")
    if files is None:
        files = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    errors, pipelines = [], []
    for file in files:
        path = os.path.join(folder, file)
        if not os.path.isfile(path):
            errors.append({"file": file, "message": "no such file"})
            continue
        dags, problem = common.load_dags(path)
        if problem:
            errors.append({"file": file, "message": problem})
        starters = {f"{id}.schedule" for id in dags}
        for id, dag in sorted(dags.items()):
            if id in starters:
                continue  # it only starts the runs of another, and is described with that
            try:
                pipelines.append(describe_dag(dag, file, dags.get(f"{dag.dag_id}.schedule", dag)))
            except Exception:
                message = common.last_lines(traceback.format_exc())
                errors.append({"file": file, "message": message})
    return {"version": common.VERSION, "errors": errors, "pipelines": pipelines}


def describe_dag(dag: Any, file: str, clock: Any) -> dict[str, Any]:
    """One DAG: facts from the object that the file made, the schedule from what is serialized of
    the DAG itself, or of the one that starts its runs (`clock`)."""
    scheduled = round_trip(clock)
    description = {
        "id": dag.dag_id,
        "file": file,
        "description": dag.description,
        "docs": dag.doc_md,
        "owner": dag.owner,
        "tags": sorted(dag.tags or ()),
        "schedule": describe_schedule(clock, scheduled.timetable),
        "params": {name: describe_param(dag.params.get_param(name)) for name in dag.params},
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "timeout": dag.dagrun_timeout,
        "on_failure": called(dag.on_failure_callback),
        "on_success": called(dag.on_success_callback),
        "deadline": describe_deadlines(getattr(dag, "deadline", None)),
        "tasks": [describe_task(task) for task in sorted(dag.tasks, key=lambda t: t.task_id)],
        "fire_times": fire_times(scheduled),
    }
    return common.plain(description)


def fire_times(scheduled: Any) -> dict[str, Any]:
    """The first times at or after `since`, with catchup from the start on."""
    since = (scheduled.start_date if scheduled.catchup else None) or common.now()
    times = [info.logical_date for info in islice(next_runs(scheduled), 5)]
    return {"since": since, "until": None, "times": times}


def round_trip(dag: Any) -> Any:
    """The DAG as the scheduler reads it back from the database's JSON."""
    if common.AIRFLOW_2:
        from airflow.serialization.serialized_objects import SerializedDAG as Serialization
    else:
        from airflow.serialization.serialized_objects import DagSerialization as Serialization
    return Serialization.from_dict(json.loads(json.dumps(Serialization.to_dict(dag))))


def describe_schedule(dag: Any, timetable: Any) -> dict[str, Any] | None:
    """None when only a hand or another pipeline starts it."""
    if type(timetable).__name__ == "NullTimetable":
        return None
    several = getattr(timetable, "_timetables", [timetable])
    return {
        "cron": getattr(timetable, "_expression", None),
        "crons": [one._expression for one in several if hasattr(one, "_expression")],
        "every": getattr(timetable, "_delta", None),
        "timezone": zone_name(getattr(several[0], "_timezone", None)),
        "start": dag.start_date,
        "end": dag.end_date,
        "catchup": dag.catchup,
        "paused_upon_creation": dag.is_paused_upon_creation,
        "timetable": type(timetable).__name__,
        "summary": timetable.summary,
        "assets": describe_assets(asset_condition(timetable)),
    }


def asset_condition(timetable: Any) -> Any:
    """What starts a run of a DAG that data drives."""
    for name in ("asset_condition", "dataset_condition"):
        found = getattr(timetable, name, None)
        # a timetable that only time drives has a condition too, which is none
        if found is not None and not type(found).__name__.startswith("_Null"):
            return found
    return None


def describe_assets(condition: Any) -> Any:
    """A name, of a dataset the URI, or `{"all": [...]}`, `{"any": [...]}`."""
    if condition is None or isinstance(condition, str):
        return condition
    if not hasattr(condition, "objects"):
        return getattr(condition, "name", None) or condition.uri
    operands = [describe_assets(one) for one in condition.objects]
    operator = "all" if type(condition).__name__.endswith("All") else "any"
    return operands[0] if len(operands) == 1 else {operator: operands}


def zone_name(zone: Any) -> str | None:
    return None if zone is None else getattr(zone, "name", None) or str(zone)


def describe_param(param: Any) -> dict[str, Any]:
    # Not `has_value`, which takes a default of None for no default.
    required = type(param.value).__name__ == "ArgNotSet"
    return {
        "default": None if required else param.value,
        "required": required,
        "schema": param.schema,
        "description": param.description,
    }


def describe_task(task: Any) -> dict[str, Any]:
    group = task.task_group
    # A mapped operator has no attributes of its own kind, only what `.partial()` was given.
    mapped = hasattr(task, "partial_kwargs")
    env = task.partial_kwargs.get("env") if mapped else getattr(task, "env", None)
    return {
        "id": task.task_id,
        "operator": task.task_type,
        "mapped": mapped,
        "upstream": sorted(task.upstream_task_ids),
        "trigger_rule": task.trigger_rule,
        "retries": task.retries,
        "retry_delay": task.retry_delay,
        "retry_exponential_backoff": task.retry_exponential_backoff,
        "max_retry_delay": task.max_retry_delay,
        "retry_policy": class_name(getattr(task, "retry_policy", None)),
        "timeout": task.execution_timeout,
        "owner": task.owner,
        "docs": task.doc_md or task.doc,
        "env": env,
        "group": group.group_id if group and not group.is_root else None,
        "pool": task.pool,
        "pool_slots": task.pool_slots,
        "priority": task.priority_weight,
        "depends_on_past": task.depends_on_past,
        "outlets": [describe_assets(one) for one in task.outlets],
        "inlets": [describe_assets(one) for one in task.inlets],
        "teardown": task.is_teardown,
        "on_failure": called(task.on_failure_callback),
        "on_success": called(task.on_success_callback),
        "on_retry": called(task.on_retry_callback),
    }


def called(callbacks: Any) -> list[str]:
    """The names of the functions that a DAG or a task calls at some time."""
    several = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    return [getattr(one, "__name__", str(one)) for one in several if one is not None]


def describe_deadlines(deadlines: Any) -> list[dict[str, Any]]:
    several = deadlines if isinstance(deadlines, (list, tuple)) else [deadlines]
    return [
        {
            "after": one.interval,
            "from": one.reference.reference_name,
            "call": one.callback.path.rpartition(".")[2],
        }
        for one in several
        if one is not None
    ]


def class_name(value: Any) -> str | None:
    return None if value is None else type(value).__name__


def next_runs(scheduled: Any) -> Iterator[Any]:
    """The runs that a scheduler that has never seen this DAG will create from now on.

    With catchup these begin at the start date. Without, Airflow first makes the latest run that is
    due already; it is left out, because it depends on when the scheduler looks. Schedules that only
    data drives have none.
    """
    if not scheduled.timetable.can_be_scheduled or not scheduled.timetable.periodic:
        return
    now = common.now()
    info = next_run(scheduled, None)
    while info is not None:
        if scheduled.catchup or info.run_after >= now:
            yield info
        info = next_run(scheduled, info)


def next_run(scheduled: Any, previous: Any) -> Any:
    if common.AIRFLOW_2:
        return scheduled.next_dagrun_info(previous and previous.data_interval)
    return scheduled.next_dagrun_info(last_automated_run_info=previous)


if __name__ == "__main__":
    main()
