"""What things are called in generated Prefect code, and which names it keeps for itself."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import PurePosixPath
from typing import Final

from dagglot.expressions.helpers import HELPERS
from dagglot.frozen import dataclass
from dagglot.ir import events
from dagglot.ir.kinds import CallWait
from dagglot.ir.model import (
    BranchBody,
    CheckBody,
    GateBody,
    HttpBody,
    NativeBody,
    NotifyBody,
    Pipeline,
    PythonBody,
    SensorBody,
    Task,
    TriggerPipelineBody,
    Value,
)
from dagglot.pycode import identifier
from dagglot.targets.prefect import assets
from dagglot.targets.prefect.control_flow import elements_of, mapped_ids, needs_rules

FOLDER: Final = PurePosixPath("flows")
PACKAGE: Final = "pipeline_helpers"
CRONSIM: Final = "cronsim>=2.6"
"""Walks cron lines; Prefect has it already, by way of its task queue."""
PARTITION: Final = "partition"
"""The parameter of a flow that names the partition of its run."""
TARGET: Final = "prefect"

# What the bodies of tasks call or set: nothing inside them may take its place.
_IN_BODIES: Final = frozenset(
    {
        *("runtime", "json", "script", "last_line", "params"),
        *("call_python", "call_with_timeout", "run_shell", "run_time"),
        *("Completed", "State", "call_gate", "call_or_skip", "gate_with_timeout", "chosen"),
        *("secret", "connection", "database", "run_sql", "SqlAlchemyConnector"),
        *("send_request", "expected_response", "polls", "sleep_until", "first_start"),
        *("existing_file", "WaitTimedOut", "unless_timed_out"),
        *("run_container", "run_pod", "run_command", "ask_for_approval", "unless_rejected"),
        *("start_run", "id_if_completed", "has_completed"),
        *("this_event", "send_slack", "send_email", "post_event", "tell_with_timeout"),
        *("seconds_left", "last_update", "only_warns"),
        *HELPERS,
    }
)

# What a module imports or defines besides its tasks and its flow.
_IN_MODULES: Final = _IN_BODIES | {
    *("re", "Annotated", "Any", "Literal", "UTC", "date", "datetime", "timedelta", "timezone"),
    *("ZoneInfo", "flow", "task", "NO_CACHE", "PrefectFuture", "State", "Completed"),
    *("ThreadPoolTaskRunner", "Field", "StrictBool", "StrictFloat", "StrictInt", "StrictStr"),
    *("concurrency", "retry_jitter", "after_previous_run"),
    *("IsoDate", "iso_datetime", "exactly", "one_of", "is_outside_schedule"),
    *("Asset", "AssetProperties", "materialize"),
    *("tells", "tells_retries", "tell_when_late", "raise_failures"),
}

# What a module imports besides where the pipeline has partitions.
_OF_PARTITIONS: Final = frozenset(
    {
        *("AfterValidator", "HourlyPartitions", "DailyPartitions", "WeeklyPartitions"),
        *("MonthlyPartitions", "CronPartitions"),
    }
)

# What the body of a flow calls: no parameter may take its place.
_IN_FLOWS: Final = frozenset(
    {"Completed", "is_outside_schedule", "tell_when_late", "raise_failures"}
)

# What the flow of a pipeline with trigger rules calls.
_RULES: Final = ("submit", "submit_each", "finish", "Items", "is_open", "chose")

# Arguments that Prefect keeps for itself in a call of a flow or of a task.
_CALL_ARGUMENTS: Final = frozenset({"return_state", "wait_for", "self", "cls"})
LOCALS: Final[Mapping[type, frozenset[str]]] = {
    CheckBody: frozenset({"holds"}),
    HttpBody: frozenset({"response"}),
    SensorBody: frozenset({"found", "left"}),
    NotifyBody: frozenset({"event"}),
    TriggerPipelineBody: frozenset({"run"}),
}
"""What the bodies of some kinds call their own values."""
TAKEN_IN_BODIES: Final = _IN_BODIES | _CALL_ARGUMENTS
# pydantic holds the parameters in a model, where these names, and those that start with an
# underscore, are errors.
_MODEL_ATTRIBUTES: Final = frozenset(
    f"model_{name}"
    for name in (
        *("computed_fields", "config", "construct", "copy", "dump", "dump_json", "extra"),
        *("fields", "fields_set", "json_schema", "parametrized_name", "post_init", "rebuild"),
        *("validate", "validate_json", "validate_strings"),
    )
)


@dataclass(frozen=True, slots=True)
class Naming:
    """Every Python name of a pipeline's module.

    ``params`` are the arguments of the flow, and so what a run's parameters are called in Prefect:
    a param keeps its name unless Python or Prefect have taken it. Tasks and futures are by task
    id; constants are ``start``, ``end``, and the default of a param by its name. ``items`` are the
    lists of mapped tasks and groups, ``readers`` the functions that make them, by their ids;
    ``rules`` is under which names the flow knows the helpers for trigger rules, ``alerts`` the
    functions that tell of an event, by the names of the alerts.
    """

    module: str
    flow: str
    params: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    futures: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    readers: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    alerts: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> PurePosixPath:
        return FOLDER / f"{self.module}.py"

    @property
    def entrypoint(self) -> str:
        return f"{self.file}:{self.flow}"


def naming(pipeline: Pipeline) -> Naming:
    """Names that never clash with each other, with Python's or with Prefect's."""
    module = identifier(f"{pipeline.id}_flow")
    params = {param.name: argument(param.name) for param in pipeline.params}
    taken = {*_IN_MODULES, *_CALL_ARGUMENTS, *params.values()}
    if pipeline.partitions is not None:
        taken |= _OF_PARTITIONS
    rules = {name: _take(name, taken) for name in (_RULES if needs_rules(pipeline) else ())}
    flow = _take(pipeline.id, taken)
    tasks = {task.id: _take(task.id, taken) for task in pipeline.tasks}
    futures = {task.id: _take(_future(pipeline, task), taken) for task in pipeline.tasks}
    constants = {key: _take(key.upper(), taken) for key in ("start", "end")}
    for param in pipeline.params:
        if isinstance(param.default, tuple | dict):
            constants[f"default {param.name}"] = _take(f"DEFAULT_{param.name.upper()}", taken)
    if pipeline.partitions is not None and not pipeline.partitions.keys:
        constants["partitions"] = _take("PARTITIONS", taken)
    for asset in assets.used(pipeline) if pipeline.assets else ():
        constants[f"asset {asset.name}"] = _take(asset.name.upper(), taken)
    mapped = mapped_ids(pipeline)
    items = {id: _take(f"{id}_items", taken) for id in mapped}
    readers = {id: _take(f"read_{id}_items", taken) for id in mapped}
    told = events.of_all_alerts(pipeline)
    alerts = {one.name: _take(f"tell_{one.name}", taken) for one in told}
    return Naming(module, flow, params, tasks, futures, constants, items, readers, rules, alerts)


def _future(pipeline: Pipeline, task: Task) -> str:
    """What a task's future is called; the futures of a mapped one have one name together."""
    return f"{task.id}_future" + ("s" if elements_of(pipeline, task) is not None else "")


def argument(param: str) -> str:
    """What a param is called in Prefect: its own name, unless Python or Prefect have taken that."""
    if param in _CALL_ARGUMENTS or keyword.iskeyword(param):
        return f"{param}_"
    if param.startswith("_"):
        return f"param{param}"
    return f"param_{param}" if param in _MODEL_ATTRIBUTES | _IN_FLOWS else param


def _take(text: str, taken: set[str]) -> str:
    name = identifier(text, taken)
    taken.add(name)
    return name


def take_local(text: str, taken: set[str]) -> str:
    """A name inside a task's function; ``taken`` starts as `TAKEN_IN_BODIES`."""
    return _take(text, taken)


def user_modules(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    """The modules that the bodies import, each with the id of a task that does."""
    for task in pipeline.tasks:
        match task.body:
            case PythonBody() as body:
                yield from ((module, task.id) for module in _modules(body))
            case GateBody(call=PythonBody() as body) | BranchBody(call=PythonBody() as body):
                yield from ((module, task.id) for module in _modules(body))
            case SensorBody(wait_for=CallWait(call=call)):
                yield call.module, task.id
            case CheckBody(look=PythonBody() as body):
                yield from ((module, task.id) for module in _modules(body))
            case NotifyBody(alerts=names):
                for alert in pipeline.alerts:
                    if alert.name in names and alert.type == "python":
                        yield str(alert.settings.get("call")).partition(":")[0], task.id
            case NativeBody(calls=calls) if TARGET in calls:
                yield calls[TARGET].module, task.id
                for module in _object_modules(calls[TARGET].args):
                    yield module, task.id
            case _:
                pass


def _modules(body: PythonBody) -> Iterator[str]:
    yield body.module
    if body.skip_on is not None:
        yield body.skip_on.partition(":")[0]


def _object_modules(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        if is_object(value):
            yield str(value["call"]).partition(":")[0]
        for item in value.values():
            yield from _object_modules(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _object_modules(item)


def is_object(value: object) -> bool:
    """Whether a mapping of `native` builds an object: it has exactly ``call`` and ``args``."""
    return (
        isinstance(value, dict)
        and value.keys() == {"call", "args"}
        and isinstance(value["call"], str)
        and isinstance(value["args"], dict)
        and all(part.isidentifier() for part in value["call"].replace(":", ".").split("."))
        and value["call"].count(":") == 1
    )
