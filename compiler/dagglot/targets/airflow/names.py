"""How Airflow and Python call a pipeline, its tasks and its groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from functools import partial
from typing import Final

from dagglot import pycode
from dagglot.frozen import dataclass
from dagglot.ir.model import Group, Pipeline
from dagglot.targets.airflow import assets
from dagglot.targets.airflow.kinds import is_function
from dagglot.targets.airflow.readback import read
from dagglot.targets.airflow.weaving import woven
from dagglot.targets.base import RunNames

PACKAGE: Final = "pipeline_helpers"

# Every name that a generated file may import or define itself, in any version.
RESERVED: Final = frozenset(
    {
        *("DAG", "Param", "TaskGroup", "chain", "literal", "task", "task_group", "dag"),
        *("AirflowFailException", "AirflowSkipException"),
        *("as_items", "chooses", "decide", "each", "fail_with", "keep_none", "keep_output"),
        *("named", "outputs_of"),
        *("BashOperator", "EmptyOperator", "CronTriggerTimetable", "PythonOperator"),
        *("MultipleCronTriggerTimetable", "DeltaTriggerTimetable"),
        *("BaseHook", "SQLExecuteQueryOperator", "Variable"),
        *(
            "ApproveOperator",
            "DockerOperator",
            "SecretDockerOperator",
            "KubernetesPodOperator",
            "Mount",
            "DeviceRequest",
        ),
        *(
            "ExternalTaskSensor",
            "RunDagOperator",
            "run_bigquery",
            "run_duckdb",
            "run_sql",
            "with_secrets",
            "first_start",
            "only_warns",
            "updated_since",
        ),
        *("request_url", "request_path", "look_at_url", "look_at_path"),
        *("DeadlineAlert", "DeadlineReference", "SyncCallback"),
        *("default_message", "event_in", "this_event", "unless_skipped"),
        *("event_of", "with_message", "tell_slack", "slack_webhook", "tell_email", "tell_webhook"),
        *("PokeReturnValue", "UTC", "datetime", "os"),
        *("Asset", "AssetAll", "AssetAny", "Dataset", "DatasetAll", "DatasetAny"),
        *("json", "partial", "pendulum", "timedelta", "run_params"),
        *("LinearRetryPolicy", "ExponentialRetryPolicy", "TimedBashOperator", "check_params"),
        *("each_of", "exit_fails", "run_time", "parse_json", "typed_params"),
        *("ConstantRetryPolicy", "wait_exponentially", "wait_linearly", "wait_up_to", "k8s"),
        *("to_json", "json_text", "to_text", "value_at", "item_of", "boolean", "to_bool"),
        *("to_int", "to_float", "to_date", "to_datetime", "add_time"),
        *("HourlyPartitions", "DailyPartitions", "WeeklyPartitions", "MonthlyPartitions"),
        *("CronPartitions", "StaticPartitions", "TriggerDagRunOperator", "partitions"),
    }
)

# What TaskFlow passes to a function by the name of its parameter, on 2.11 or 3.x.
CONTEXT: Final = frozenset(
    {
        *("asset_state_store", "conf", "conn", "dag", "dag_run", "data_interval_end"),
        *("data_interval_start", "ds", "ds_nodash", "exception", "execution_date"),
        *("expanded_ti_count", "inlet_events", "inlets", "logical_date", "macros"),
        *("map_index_template", "next_ds", "next_ds_nodash", "next_execution_date"),
        *("outlet_events", "outlets", "params", "partition_date", "partition_key"),
        *("prev_data_interval_end_success", "prev_data_interval_start_success", "prev_ds"),
        *("prev_ds_nodash", "prev_end_date_success", "prev_execution_date"),
        *("prev_execution_date_success", "prev_start_date_success", "reason", "run_id", "task"),
        *("task_instance", "task_instance_key_str", "task_reschedule_count"),
        *("task_state_store", "templates_dict", "test_mode", "ti", "tomorrow_ds"),
        *("tomorrow_ds_nodash", "triggering_asset_events", "triggering_dataset_events"),
        *("try_number", "ts", "ts_nodash", "ts_nodash_with_tz", "var", "yesterday_ds"),
        "yesterday_ds_nodash",
    }
)


def module_name(pipeline: Pipeline) -> str:
    """The DAG file without its ending."""
    return f"{pycode.identifier(pipeline.id)}_dag"


def run_names(pipeline: Pipeline) -> RunNames:
    """Ids of DAGs and tasks stay as they are."""
    made = woven(pipeline)
    return RunNames(
        pipeline=pipeline.id,
        file=f"{module_name(pipeline)}.py",
        tasks={task.id: task.id for task in pipeline.tasks},
        helpers=made.steps,
        read=partial(read, pipeline, made),
    )


@dataclass(frozen=True, slots=True)
class FileNames:
    """Python names in one DAG file, by the id of the task or the group.

    ``functions`` are those of TaskFlow tasks and of mapped groups; ``variables`` hold what edges
    and arguments use.
    """

    functions: Mapping[str, str]
    variables: Mapping[str, str]
    outputs: Mapping[str, str]
    """The parameter of a function that gets a task's output."""
    assets: Mapping[str, str] = field(default_factory=dict)
    """The constants of assets, by their names."""
    imported: frozenset[str] = frozenset()
    """Names of the natives' own classes."""


def file_names(pipeline: Pipeline, imported: Collection[str]) -> FileNames:
    """Names that clash with nothing; ``imported`` are those of the natives' own classes."""
    ids = [*(task.id for task in pipeline.tasks), *(g.id for g in groups(pipeline.groups))]
    python = {task.id for task in pipeline.tasks if is_function(task)}
    python |= {group.id for group in groups(pipeline.groups) if group.for_each is not None}
    last_of = {task.id: task.name for task in pipeline.tasks}
    last_of |= {group.id: group.id.rpartition(".")[2] for group in groups(pipeline.groups)}
    count = Counter(last_of.values())
    taken = {*RESERVED, *imported}
    of_assets = assets.constants(pipeline, taken) if pipeline.assets else {}
    functions: dict[str, str] = {}
    variables: dict[str, str] = {}
    for id in ids:
        last = last_of[id]
        name = pycode.identifier(last if count[last] == 1 else id, taken)
        taken.add(name)
        if id not in python:
            variables[id] = name
            continue
        functions[id] = name
    for id in functions:
        variables[id] = pycode.identifier(f"{functions[id].rstrip('_') or 'name'}_", taken)
        taken.add(variables[id])
    outputs: dict[str, str] = {}
    parameters = {*CONTEXT, *RESERVED, *imported}
    for id in ids:
        name = functions.get(id) or variables[id]
        outputs[id] = pycode.identifier(f"{name.rstrip('_')}_output", parameters)
        parameters.add(outputs[id])
    return FileNames(functions, variables, outputs, of_assets, frozenset(imported))


def groups(tree: Iterable[Group]) -> Iterator[Group]:
    """Every group, the outer before the inner."""
    for group in tree:
        yield group
        yield from groups(group.groups)
