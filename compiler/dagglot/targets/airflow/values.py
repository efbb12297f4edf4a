"""Durations, moments, params and expressions in Airflow's terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from dagglot import pycode
from dagglot.expressions.types import Kind, Type
from dagglot.expressions.writer import Names
from dagglot.frozen import dataclass
from dagglot.ir.expand import thaw
from dagglot.ir.model import Json, Param, Pipeline
from dagglot.pycode import Call
from dagglot.targets.airflow import credentials, partitions


@lru_cache(maxsize=256)
def duration(value: timedelta) -> Call:
    """``timedelta(minutes=5)``: the largest unit that is whole."""
    if not value:
        return Call("timedelta", (0,))
    micro = round(value / timedelta(microseconds=1))
    for unit, size in (
        ("days", 86_400_000_000),
        ("hours", 3_600_000_000),
        ("minutes", 60_000_000),
        ("seconds", 1_000_000),
        ("milliseconds", 1_000),
    ):
        if micro % size == 0:
            return Call("timedelta", (), ((unit, micro // size),))
    return Call("timedelta", (), (("microseconds", micro),))


def moment(value: datetime, timezone: str) -> Call:
    """``pendulum.datetime(…, tz=…)`` in the zone; in UTC where the zone's clock shows it twice."""
    zone = ZoneInfo(timezone)
    local = value.astimezone(zone)
    if local.fold or local.replace(fold=1).utcoffset() != local.utcoffset():
        timezone, local = "UTC", value.astimezone(ZoneInfo("UTC"))
    parts = [local.year, local.month, local.day, local.hour, local.minute, local.second]
    parts.append(local.microsecond)
    while len(parts) > 3 and not parts[-1]:
        parts.pop()
    return Call("pendulum.datetime", tuple(parts), (("tz", timezone),))


# --- params -------------------------------------------------------------------------------------

_TYPES: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.LIST: {"type": "array"},
    Kind.MAP: {"type": "object"},
}


def param_schema(param: Param) -> dict[str, Any]:
    """The JSON schema of a param, as keywords of ``Param``."""
    schema: dict[str, Any] = dict(_TYPES[param.type.kind])
    if param.type.nullable:
        schema["type"] = ["null", schema["type"]]
    if param.type.members is not None:
        members = list(param.type.members)
        if param.type.nullable and None not in members:
            members.append(None)
        schema["enum"] = members
    for key in ("minimum", "maximum", "pattern"):
        if getattr(param, key) is not None:
            schema[key] = getattr(param, key)
    return schema


def param_call(param: Param, scheduled: Mapping[str, Json]) -> Call:
    """``Param(default, type=…)``. One that only the schedule supplies has that as its default:
    Airflow loads no scheduled DAG with a param that has none; `check_params` still asks for it."""
    default: tuple[object, ...] = ()
    if not param.required:
        default = (thaw(param.default),)
    elif param.name in scheduled:
        default = (thaw(scheduled[param.name]),)
    keywords = list(param_schema(param).items())
    if param.description:
        keywords.append(("description", param.description))
    return Call("Param", default, tuple(keywords))


# --- expressions --------------------------------------------------------------------------------


def python_names(
    pipeline: Pipeline,
    outputs: Mapping[str, str],
    used: set[str],
    context: dict[str, None],
    whole: bool,
    stores: Stores,
) -> Names:
    """Names inside a TaskFlow function; ``context`` collects what Airflow must pass to it.

    ``whole``: the map of all params is asked for.
    """
    if whole:
        context["params"] = None

    def from_context(name: str) -> str:
        context[name] = None
        return name

    def param(name: str, type_: Type) -> str:
        params = from_context("params")
        return converted(f"{params}[{pycode.literal(name)}]", type_, _zone(pipeline), used, "None")

    def run(name: str) -> str:
        if name == "attempt":
            return f"{from_context('ti')}.try_number"
        return _run(name, from_context("dag_run"), pipeline, used, '"')

    def partition(name: str) -> str:
        from_context("dag_run")
        return _partition(pipeline, name)

    return Names(
        param=param,
        params="typed_params" if _has_own(pipeline) else "params",
        run=run,
        partition=partition,
        output=lambda task: outputs[task],
        item="item",
        index="ti.map_index",
        secret=stores.secret,
        connection=stores.connection,
    )


@dataclass(frozen=True, slots=True)
class Stores:
    """How a function reads Airflow's own stores."""

    secret: Callable[[str], str]
    connection: Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Instances:
    """How a template reads the output of a task, and the element of its own task's instance."""

    output: Callable[[str], str]
    item: str


def jinja_names(pipeline: Pipeline, used: set[str], whole: bool, instances: Instances) -> Names:
    """Names inside a templated field."""
    params = "run_params(params, dag_run)" if pipeline.schedule.params else "params"

    def param(name: str, type_: Type) -> str:
        source = f"{params}['{name}']"
        return converted(source, type_, _zone(pipeline), used, "none", "'")

    def run(name: str) -> str:
        if name == "attempt":
            return "ti.try_number"
        return _run(name, "dag_run", pipeline, used, "'")

    def partition(name: str) -> str:
        used.add(partitions.VARIABLE)
        return _partition(pipeline, name)

    return Names(
        param=param,
        params=_jinja_params(pipeline, params, param) if whole else params,
        run=run,
        partition=partition,
        output=instances.output,
        item=instances.item,
        index="ti.map_index",
        secret=credentials.jinja_secret,
        connection=lambda name, field: credentials.jinja_connection(
            credentials.type_of(pipeline, name), name, field
        ),
    )


def _zone(pipeline: Pipeline) -> str:
    return pipeline.schedule.timezone


def _run(name: str, dag_run: str, pipeline: Pipeline, used: set[str], quote: str) -> str:
    match name:
        case "id":
            return f"{dag_run}.run_id"
        case "pipeline":
            return f"{dag_run}.dag_id"
        case _:
            used.add("run_time")
            time = f"run_time({dag_run}, {quote}{_zone(pipeline)}{quote})"
            if pipeline.partitions is not None and pipeline.partitions.keys:
                time += ".replace(microsecond=0)"  # by which the runs of one tick are told apart
            return time if name == "time" else f"{time}.date()"


def _partition(pipeline: Pipeline, name: str) -> str:
    if pipeline.partitions is None:
        raise AssertionError("the parser lets no such name through")
    return partitions.field(pipeline.partitions, name)


def converted(
    source: str,
    type_: Type,
    zone: str,
    used: set[str],
    null: str,
    quote: str = '"',
) -> str:
    """A param as its type: dates and datetimes are text in Airflow."""
    match type_.kind:
        case Kind.DATE:
            used.add("to_date")
            call = f"to_date({source})"
        case Kind.DATETIME:
            used.add("to_datetime")
            call = f"to_datetime({source}, {quote}{zone}{quote})"
        case _:
            return source
    # a text that is there is never empty: no empty text is a date
    return f"({call} if {source} else {null})" if type_.nullable else call


def _has_own(pipeline: Pipeline) -> bool:
    """Whether the map of all params is not what Airflow has by that name."""
    return pipeline.partitions is not None or any(
        param.type.kind.is_moment for param in pipeline.params
    )


def _jinja_params(pipeline: Pipeline, source: str, param: Callable[[str, Type], str]) -> str:
    """All params as a map; dates and datetimes in it have their types."""
    if not _has_own(pipeline):
        return source
    if pipeline.partitions is not None:  # whose key is one more of Airflow's params
        every = (f"'{one.name}': {param(one.name, one.type)}" for one in pipeline.params)
        return f"{{{', '.join(every)}}}"
    pairs = (
        f"'{one.name}': {param(one.name, one.type)}"
        for one in pipeline.params
        if one.type.kind.is_moment
    )
    return f"dict({source}, **{{{', '.join(pairs)}}})"


def dag_params(pipeline: Pipeline) -> dict[str, Call]:
    own = {param.name: param_call(param, pipeline.schedule.params) for param in pipeline.params}
    if pipeline.partitions is not None:
        own = {partitions.PARAM: partitions.param(pipeline.partitions), **own}
    return own
