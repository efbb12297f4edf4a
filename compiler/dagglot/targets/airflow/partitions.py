"""Which partition a run works on: an object of the DAG file, a param, a DAG that starts runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from dagglot.ir.model import Json, Partitions, Pipeline, Schedule
from dagglot.pycode import Call

VARIABLE: Final = "partitions"
"""What the object is called in a DAG file and in templates."""
PARAM: Final = "partition"
_CLASSES: Final = {
    "hour": "HourlyPartitions",
    "day": "DailyPartitions",
    "week": "WeeklyPartitions",
    "month": "MonthlyPartitions",
    None: "CronPartitions",
}
CLASSES: Final = (*_CLASSES.values(), "StaticPartitions")
LATER_BY_INDEX: Final = "{{ logical_date + macros.timedelta(microseconds=ti.map_index) }}"
"""A logical date belongs to one run alone: those of one tick are a microsecond apart."""


def declared(found: Partitions) -> Call:
    """The object that knows the partitions."""
    if found.keys:
        return Call("StaticPartitions", (list(found.keys),))
    from dagglot.semantics import firetimes, partitions  # few pipelines have partitions

    first, last = partitions.first(found), partitions.last(found)
    positional: tuple[object, ...] = ()
    keywords: list[tuple[str, object]] = []
    if found.cron is not None:
        line = firetimes.parsed(found.cron)
        positional = (line.text,)
        if line.is_hourly:
            keywords.append(("every_hour", True))
    keywords.append(("first", first.key if first is not None else ""))
    if last is not None:
        keywords.append(("last", last.key))
    keywords.append(("timezone", found.timezone))
    return Call(_CLASSES[found.by], positional, tuple(keywords))


def field(found: Partitions, name: str) -> str:
    """``partition.x`` in Python or in a template."""
    if found.keys:
        return f"{VARIABLE}.key(dag_run)"
    return f"{VARIABLE}.of(dag_run).{name}"


# --- the param ----------------------------------------------------------------------------------


def param_schema(found: Partitions) -> dict[str, Any]:
    """By it Airflow's form refuses most keys that no partition has; the rest does the object."""
    if found.keys:
        return {"type": ["null", "string"], "enum": [None, *found.keys]}
    if found.by in ("day", "week", "month"):
        return {"type": ["null", "string"], "format": "date"}
    return {"type": ["null", "string"]}


def param_description(found: Partitions) -> str:
    from dagglot.semantics import partitions

    first = partitions.first(found)
    if found.keys or first is None:
        return "The partition to work on."
    return f"Such as {first.key}; without it the last complete one."


def param(found: Partitions) -> Call:
    keywords = [*param_schema(found).items(), ("description", param_description(found))]
    return Call("Param", (None,), tuple(keywords))


def param_facts(found: Partitions) -> dict[str, Json]:
    """What the load probe says of the param."""
    return {
        "default": None,
        "required": False,
        "schema": param_schema(found),
        "description": param_description(found),
    }


def named(key: str | None) -> dict[str, str]:
    """What a run is given to work on a partition of its own."""
    return {} if key is None else {PARAM: key}


# --- runs for static keys -----------------------------------------------------------------------


def starts_by_key(pipeline: Pipeline) -> bool:
    """Whether the schedule stands in a DAG of its own, which starts a run for each key."""
    return pipeline.partitions is not None and bool(pipeline.partitions.keys)


def without_schedule(pipeline: Pipeline) -> Pipeline:
    """The pipeline as the DAG of its tasks has it, where another DAG has the schedule."""
    if not starts_by_key(pipeline):
        return pipeline
    schedule = pipeline.schedule
    return replace(pipeline, schedule=Schedule(timezone=schedule.timezone, span=schedule.span))


def schedule_id(pipeline: str) -> str:
    """The id of the DAG that starts the runs."""
    return f"{pipeline}.schedule"
