"""How Dagster and Python call a pipeline and its tasks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from itertools import chain, count
from typing import Any, Final

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.ir import connections, flow
from dagglot.ir.kinds import PipelineWait
from dagglot.ir.model import (
    Alert,
    BranchBody,
    CheckBody,
    GateBody,
    NativeBody,
    Pipeline,
    PythonBody,
    SensorBody,
    Task,
)
from dagglot.targets.dagster import control_flow, native_flow

PACKAGE: Final = "pipeline_helpers"
FOLDER: Final = "defs"
DEFINITIONS: Final = "definitions"

# Names that Dagster refuses for jobs, ops and inputs, besides Python's keywords:
# https://docs.dagster.io/api/dagster/ops
_DISALLOWED: Final = frozenset(
    {
        *("context", "conf", "config", "meta", "arg_dict", "dict", "input", "output"),
        *("input_arg_dict", "output_arg_dict", "int", "bool", "float", "str", "type"),
        *("True", "False", "None", "and", "as", "assert", "async", "await", "break", "class"),
        *("continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global"),
        *("if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise"),
        *("return", "try", "while", "with", "yield"),
    }
)

_DOTTED: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")

# Every name that a job file may import or define itself.
RESERVED: Final = frozenset(
    {
        *("os", "Path", "timedelta", "request", "ask", "texts", "look", "found", "wait_for"),
        *("wait_until", "started_at", "event", "event_of", "tell_slack", "tell_webhook"),
        *(
            "SpreadRetryPolicy",
            "io_manager",  # the resource that Dagster itself asks for
            "active_runs",
            "Connection",
            "Database",
            "HttpService",
            "MailServer",
        ),
        *(
            "dg",
            "json",
            "datetime",
            "timedelta",
            "timezone",
            "Annotated",
            "Any",
            "Literal",
            "ZoneInfo",
            "Field",
        ),
        *(
            "ASSETS",
            "CHECKS",
            "RESOURCES",
            "START",
            "END",
            "context",
            "params",
            "result",
            "attempt_number",
            "start_after",
        ),
        *("attempt", "CappedRetryPolicy", "run_shell", "run_time", "checked_at_launch"),
        *(
            "after_previous_run",
            "checks",
            "evaluates",
            "must_hold",
            "all_of",
            "any_of",
            "materializes",
            "runs_on_updates",
            "update_since",
        ),
        *("IsoDate", "IsoDatetime", "JsonList", "JsonMap", "Number", "matches", "one_of"),
        *("to_json", "json_text", "to_text", "value_at", "item_of", "boolean", "to_bool"),
        *("to_int", "to_float", "to_date", "to_datetime", "add_time"),
    }
)

# What a job file imports besides where its ops tell each other how they ended, and inputs there.
_OF_RULES: Final = frozenset(
    {
        *("with_outcome", "elements", "gather", "OUTPUTS", "SkipTask", "skip_on", "gate", "branch"),
        *("Decision", "element", "item", "index", "chosen", "is_open", "results", "outcomes"),
    }
)

PARTITIONS: Final = "PARTITIONS"
"""The constant of the job's partitions."""

# And where the job has partitions.
OF_PARTITIONS: Final = frozenset(
    {
        *(PARTITIONS, "partition", "partition_key", "scheduled"),
        *("partition_of", "partition_key_of", "nominal_time"),
    }
)

# And where somebody is told of events.
_OF_EVENTS: Final = frozenset({"tells", "tell_run", "tell_late", "Event", "server"})
_SENSORS: Final = {"failed": "on_failure", "success": "on_success", "late": "deadline"}

# And where gates and branches are ops that do not yield.
_OF_DECISIONS: Final = frozenset({"Iterator", "choose", "chosen", "is_open"})


@lru_cache(maxsize=1024)
def normal_name(text: str) -> str:
    """A name of letters, digits and ``_`` that Dagster takes."""
    name = plain_part(text)
    return f"{name}_" if name in _DISALLOWED else name


def job_name(pipeline: Pipeline) -> str:
    return job_of(pipeline.id)


def job_of(id: str) -> str:
    """The job of a pipeline, which may be of another document."""
    name = normal_name(id)
    return f"{name}_" if name == "gather" else name  # an op of the helpers


def asset_key(name: str) -> tuple[str, ...]:
    """The parts of an asset's key: ``raw.orders`` is ``orders`` in ``raw``, as Dagster's UI folds
    keys. A name of another form is a key of one part."""
    return tuple(name.split(".")) if _DOTTED.fullmatch(name) else (name,)


def module_name(pipeline: Pipeline) -> str:
    """The module of the job. Two pipelines have the same one exactly if their jobs' names agree."""
    return f"{job_name(pipeline)}_job"


def node_name(task: str) -> str:
    """The task in its job: ``group__task``, since the dot is Dagster's own there."""
    return normal_name(task.replace(".", "__"))


def asset_step(task: Task, pipeline: Pipeline) -> str:
    """With `style: assets`, the step that makes the task's asset, or checks it: Dagster makes its
    name of the asset's key."""
    if isinstance(task.body, CheckBody):
        return f"{asset_step(pipeline.task(task.body.of), pipeline)}_{plain_part(task.body.name)}"
    parts = asset_key(task.produces[0]) if task.produces else (task.id,)
    return "__".join(parts).replace("-", "_").replace(".", "_")


def plain_part(text: str) -> str:
    """A part of a name, of letters, digits and ``_``."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


def op_name(job: str, node: str) -> str:
    """A name that no other op of the code location has, which Dagster asks for.

    The first ``__`` ends the job's name; a job that has one in its own name gets a prefix that no
    name of a pipeline starts with.
    """
    if "__" in job or job.endswith("_"):
        return f"{len(job)}_{job}__{node}"
    return f"{job}__{node}"


def collisions(pipelines: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Pipelines of which one may be called like an op of the other.

    The names of ops and of jobs are unique together in a code location. Whether there is such an
    op already does not matter: one more task in a pipeline is not to break another.
    """
    ids = {normal_name(id): id for id in pipelines}
    for job, id in ids.items():
        head, dunder, _ = job.partition("__")
        if dunder and head in ids:
            yield ids[head], id, job


def step_collisions(
    contributions: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str, str]]:
    """The same where a pipeline is assets, whose steps have no prefix."""
    jobs = {normal_name(id): id for id in contributions}
    owners: dict[str, str] = {}
    for id, contribution in contributions.items():
        for step in contribution.get("steps", ()):
            head, dunder, _ = step.partition("__")
            of_ops = jobs.get(head) if dunder else None
            if of_ops is not None and "steps" in contributions[of_ops]:
                of_ops = None
            other = owners.setdefault(step, id)
            for one in (other, jobs.get(step), of_ops):
                if one not in (None, id):
                    yield str(one), id, step


def helper_nodes(pipeline: Pipeline) -> dict[tuple[str, str], str]:
    """The generated nodes of a job, by what they are and for whom: a list to map over
    (``elements``), and all instances of a mapped task as one (``all``)."""
    taken = {node_name(task.id) for task in pipeline.tasks}
    made: dict[tuple[str, str], str] = {}
    wanted = [("elements", one.id) for one in control_flow.maps(pipeline)]
    wanted += [("all", id) for id in control_flow.gathered(pipeline)]
    for what, id in wanted:
        made[what, id] = name = _free(f"{node_name(id)}__{what}", taken)
        taken.add(name)
    return made


def _free(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}_{number}" for number in count(2))
    return next(one for one in chain((name,), numbered) if one not in taken)


def branch_outputs(pipeline: Pipeline) -> dict[str, dict[str, str]]:
    """An output of each branch for each task directly below it.

    In a job they are fields of a named tuple, which takes no name that starts with ``_``.
    """
    edges = flow.downstream(pipeline)
    found: dict[str, dict[str, str]] = {}
    for task in pipeline.tasks:
        if isinstance(task.body, BranchBody):
            made = found.setdefault(task.id, {})
            for id in edges[task.id]:
                name = node_name(id)
                made[id] = _free(f"to{name}" if name.startswith("_") else name, made.values())
    return found


def schedule_name(job: str) -> str:
    return f"{job}_schedule"


def sensor_name(job: str) -> str:
    """The sensor that starts the job when assets are updated."""
    return f"{job}_sensor"


def sensor_names(pipeline: Pipeline) -> dict[str, str]:
    """What Dagster calls the sensors that tell of a run, by the state of the event."""
    from dagglot.ir import events

    job = job_name(pipeline)
    return {one.state: f"{job}_{_SENSORS[one.state]}" for one in events.of_run(pipeline)}


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """Tasks that become one name, and modules of the user's that ours would hide."""
    owners: dict[str, str] = {}
    for task in pipeline.tasks:
        name = node_name(task.id)
        other = owners.setdefault(name, task.id)
        if other != task.id:
            yield codes.NAMES_COLLIDE.at(
                task.span, first=other, second=task.id, name=name, target=title
            )
        yield from _asked_of_others(task, title)
        if task.pool is not None and task.pool.slots > 1:
            yield codes.UNSUPPORTED.at(
                task.at("pool"),
                target=title,
                feature="`slots` of a pool",
                reason="an op of Dagster takes one slot of its pool",
            )
        if task.pool is not None and re.search(r"\s", task.pool.name):
            yield codes.UNSUPPORTED.at(
                task.at("pool"),
                target=title,
                feature="a pool whose name has white space",
                reason="Dagster refuses the name",
            )
    for param in pipeline.params:
        if param.name == "self":
            yield codes.UNSUPPORTED.at(
                param.span,
                target=title,
                feature="a param with the name `self`",
                reason="Dagster gives the fields of a resource to its own method by their names",
            )
    taken = {PACKAGE, FOLDER, DEFINITIONS}
    for task in pipeline.tasks:
        match task.body:
            case (
                PythonBody(module=module)
                | GateBody(call=PythonBody(module=module))
                | CheckBody(look=PythonBody(module=module))
            ):
                modules = [(module, task.at("call"))]
            case BranchBody(call=PythonBody(module=module)):
                modules = [(module, task.at("call"))]
            case NativeBody(calls=calls) if "dagster" in calls:
                modules = [(calls["dagster"].module, calls["dagster"].span)]
            case _:
                modules = []
        for module, place in modules:
            top = module.partition(".")[0]
            if top in taken:
                yield codes.TAKEN_MODULE.at(place, target=title, module=top)


def _asked_of_others(task: Task, title: str) -> Iterator[Diagnostic]:
    match task.body:
        case SensorBody(wait_for=PipelineWait(task=str())):
            key, feature = "wait_for", "waiting for a `task` of a pipeline"
        case _:
            return
    reason = "dagglot does not generate it yet"
    yield codes.UNSUPPORTED.at(task.at(key), target=title, feature=feature, reason=reason)


@dataclass(frozen=True, slots=True)
class FileNames:
    """Python names in one job file. The maps are by the id of the task."""

    job: str
    schedule: str
    """What starts the job by itself: a schedule, or a sensor of assets."""
    params: str
    """The class of the params."""
    functions: Mapping[str, str]
    variables: Mapping[str, str]
    """What holds a task's output inside the job."""
    inputs: Mapping[str, str]
    """The parameter of a later op that gets the task's output."""
    taken: Collection[str]
    """All of the module's names."""
    has_outcomes: bool = False
    """Whether the ops tell each other how they ended."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """The parameter of a later op that is told how the task ended, or only that it did."""
    maps: Mapping[str, MapNames] = field(default_factory=dict)
    """By the id of the task or the group with ``for_each``."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """The resource of a connection, which is also the parameter of the ops that work with it."""
    alerts: Mapping[str, str] = field(default_factory=dict)
    """The functions that tell of an event, by the names of the alerts."""
    sensors: Mapping[str, str] = field(default_factory=dict)
    """The sensors that tell of an event of the run, by its state."""
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The outputs of a branch that is an op with one for each task directly below, by that one."""
    params_key: str = "params"
    """The resource that holds the params, and the parameter of the ops that read them."""


@dataclass(frozen=True, slots=True)
class MapNames:
    """Python names around one list: the op that makes it, what it is in the job, and the function
    that says what is done for an element."""

    function: str
    variable: str
    each: str
    instances: Mapping[str, tuple[str, str]]
    """Of each task that is waited for outside: its results, and how its instances ended."""


def file_names(pipeline: Pipeline, *, as_assets: bool = False) -> FileNames:
    """Names that clash neither with each other nor with anything that the file imports.

    Resources of assets have names that no other pipeline of the code location has.
    """
    prefix = f"{job_name(pipeline)}_" if as_assets else ""
    has_outcomes = native_flow.needs_outcomes(pipeline)
    decides = bool(native_flow.deciders(pipeline))
    reserved = RESERVED
    if has_outcomes or decides:
        reserved |= _OF_RULES if has_outcomes else _OF_DECISIONS
    if pipeline.partitions is not None:
        reserved |= OF_PARTITIONS
    told: tuple[Alert, ...] = ()
    if pipeline.alerts:
        from dagglot.ir import events

        told = events.of_all_alerts(pipeline)
        reserved |= _OF_EVENTS if told else frozenset()
    taken = set(reserved)
    job = _taking(pycode.identifier(job_name(pipeline), taken), taken)
    starts = schedule_name if pipeline.schedule.on_assets is None else sensor_name
    schedule = _taking(pycode.identifier(starts(job_name(pipeline)), taken), taken)
    params = _taking(pycode.identifier(f"{_camel(pipeline.id)}Params", taken), taken)
    last = Counter(task.name for task in pipeline.tasks)
    functions: dict[str, str] = {}
    for task in pipeline.tasks:
        wanted = task.name if last[task.name] == 1 else node_name(task.id)
        functions[task.id] = _taking(pycode.identifier(wanted, taken), taken)
    variables = {
        id: _taking(pycode.identifier(f"{name.rstrip('_') or 'task'}_", taken), taken)
        for id, name in functions.items()
    }
    inputs: dict[str, str] = {}
    used = {*reserved, *_DISALLOWED}
    for id, name in functions.items():
        inputs[id] = _taking(pycode.identifier(name, used), used)
    outcomes: dict[str, str] = {}
    if has_outcomes or decides:
        for id, name in functions.items():
            outcomes[id] = _taking(pycode.identifier(f"after_{name}", used), used)
    resources = {
        one.name: _taking(pycode.identifier(f"{prefix}{normal_name(one.name)}", used), used)
        for one in connections.used(pipeline)
    }
    maps = {
        one.id: _map_names(one, functions, control_flow.gathered(pipeline), taken)
        for one in control_flow.maps(pipeline)
    }
    alerts: dict[str, str] = {}
    sensors: dict[str, str] = {}
    if told:
        for alert in told:
            alerts[alert.name] = _taking(pycode.identifier(f"tell_{alert.name}", taken), taken)
        for state, name in sensor_names(pipeline).items():
            sensors[state] = _taking(pycode.identifier(name, taken), taken)
    return FileNames(
        job,
        schedule,
        params,
        functions,
        variables,
        inputs,
        frozenset(taken),
        has_outcomes,
        outcomes,
        maps,
        resources,
        alerts,
        sensors,
        {} if has_outcomes else branch_outputs(pipeline),
        _taking(pycode.identifier(f"{prefix}params", used), used) if prefix else "params",
    )


def _map_names(
    one: control_flow.Map, functions: Mapping[str, str], gathered: Collection[str], taken: set[str]
) -> MapNames:
    def name(text: str) -> str:
        return _taking(pycode.identifier(text, taken), taken)

    base = functions.get(one.id) or node_name(one.id)
    return MapNames(
        name(f"{base}_elements"),
        name(f"{base}_elements_"),
        name(f"each_{base}"),
        {
            id: (name(f"{functions[id]}_results"), name(f"{functions[id]}_outcomes"))
            for id in one.tasks
            if id in gathered
        },
    )


def imported_name(name: str, taken: Collection[str]) -> str:
    """What a user's function is called inside an op."""
    return pycode.identifier(name, taken)


def _taking(name: str, taken: set[str]) -> str:
    taken.add(name)
    return name


def _camel(text: str) -> str:
    words = re.split(r"[^A-Za-z0-9]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)
