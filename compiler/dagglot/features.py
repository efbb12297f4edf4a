"""What a pipeline needs of an orchestrator, construct by construct.

A feature is a construct of the language refined by its value where targets differ by value, so that
each target's capability table can be total. The value is the name that stands in ``accept:``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import Final, NamedTuple

from dagglot.diagnostics.model import Span
from dagglot.expressions.tree import (
    ConnectionField,
    Leaf,
    PartitionField,
    RunField,
    SecretRef,
    TaskOutput,
    references,
)
from dagglot.ir import connections, events, flow, kinds
from dagglot.ir.model import (
    Backoff,
    BranchBody,
    GateBody,
    Group,
    NativeBody,
    Param,
    Pipeline,
    PythonBody,
    Schedule,
    ShellBody,
    Task,
    TriggerRule,
    kind_of,
)
from dagglot.ir.task_values import values_of


class Feature(Enum):
    """A construct of the language. The second line of each pair in `WORDS` is for messages."""

    __hash__ = object.__hash__  # members are single; what `Enum` has is a call of Python code

    # kinds of task
    PYTHON = "python"
    SHELL = "shell"
    SQL = "sql"
    HTTP = "http"
    CONTAINER_DOCKER = "container-docker"
    CONTAINER_KUBERNETES = "container-kubernetes"
    DBT = "dbt"
    NOTEBOOK = "notebook"
    SPARK = "spark"
    SENSOR_FILE = "sensor-file"
    SENSOR_HTTP = "sensor-http"
    SENSOR_SQL = "sensor-sql"
    SENSOR_CALL = "sensor-call"
    SENSOR_DURATION = "sensor-duration"
    SENSOR_UNTIL = "sensor-until"
    SENSOR_PIPELINE = "sensor-pipeline"
    SENSOR_ASSET = "sensor-asset"
    GATE_ALL_DOWNSTREAM = "gate-all-downstream"
    GATE_DIRECT = "gate-direct"
    BRANCH = "branch"
    TRIGGER_PIPELINE = "trigger-pipeline"
    APPROVAL = "approval"
    NOTIFY = "notify"
    NOOP = "noop"
    NATIVE = "native"
    NATIVE_MISSING = "native-missing"
    SKIP_ON = "skip-on"
    SKIP_EXIT_CODE = "skip-exit-code"
    # edges
    TRIGGER_RULE_ALL_SUCCESS = "trigger-rule-all-success"
    TRIGGER_RULE_ALL_FAILED = "trigger-rule-all-failed"
    TRIGGER_RULE_ALL_DONE = "trigger-rule-all-done"
    TRIGGER_RULE_ALL_DONE_MIN_ONE_SUCCESS = "trigger-rule-all-done-min-one-success"
    TRIGGER_RULE_ALL_SKIPPED = "trigger-rule-all-skipped"
    TRIGGER_RULE_ONE_FAILED = "trigger-rule-one-failed"
    TRIGGER_RULE_ONE_SUCCESS = "trigger-rule-one-success"
    TRIGGER_RULE_ONE_DONE = "trigger-rule-one-done"
    TRIGGER_RULE_NONE_FAILED = "trigger-rule-none-failed"
    TRIGGER_RULE_NONE_FAILED_MIN_ONE_SUCCESS = "trigger-rule-none-failed-min-one-success"
    TRIGGER_RULE_NONE_SKIPPED = "trigger-rule-none-skipped"
    RULE_DECIDED_EARLY = "rule-decided-early"
    TEARDOWN = "teardown"
    ALLOW_FAILURE = "allow-failure"
    FAIL_RUN_ON_LEAF = "fail-run-on-leaf"
    ALLOW_FAILURE_WITH_LEAF = "allow-failure-with-leaf"
    WHEN = "when"
    FOR_EACH = "for-each"
    FOR_EACH_MAX_PARALLEL = "for-each-max-parallel"
    GROUP = "group"
    GROUP_FOR_EACH = "group-for-each"
    FOR_EACH_NESTED = "for-each-nested"
    EMPTY_LIST_BELOW_FAILURE = "empty-list-below-failure"
    # attempts
    RETRIES_CONSTANT = "retries-constant"
    RETRIES_LINEAR = "retries-linear"
    RETRIES_EXPONENTIAL = "retries-exponential"
    RETRIES_MAX_DELAY = "retries-max-delay"
    RETRIES_JITTER = "retries-jitter"
    TASK_TIMEOUT = "task-timeout"
    RUN_TIMEOUT = "run-timeout"
    # resources and limits
    ENV = "env"
    POOL = "pool"
    PRIORITY = "priority"
    RESOURCES = "resources"
    CONTAINER_RESOURCES = "container-resources"
    CONTAINER_DOCKER_CPU = "container-docker-cpu"
    MAX_ACTIVE_RUNS = "max-active-runs"
    MAX_ACTIVE_TASKS = "max-active-tasks"
    OVERLAP_SKIP = "overlap-skip"
    DEPENDS_ON_PAST = "depends-on-past"
    # values
    TASK_OUTPUT = "task-output"
    RUN_FIELDS = "run-fields"
    RUN_ATTEMPT = "run-attempt"
    PARTITION_FIELDS = "partition-fields"
    SECRETS = "secrets"
    CONNECTION_FIELDS = "connection-fields"
    CONNECTION_POSTGRES = "connection-postgres"
    CONNECTION_MYSQL = "connection-mysql"
    CONNECTION_SQLITE = "connection-sqlite"
    CONNECTION_DUCKDB = "connection-duckdb"
    CONNECTION_SNOWFLAKE = "connection-snowflake"
    CONNECTION_BIGQUERY = "connection-bigquery"
    CONNECTION_HTTP = "connection-http"
    CONNECTION_S3 = "connection-s3"
    CONNECTION_GCS = "connection-gcs"
    CONNECTION_KUBERNETES = "connection-kubernetes"
    CONNECTION_DOCKER = "connection-docker"
    CONNECTION_SPARK = "connection-spark"
    CONNECTION_SLACK = "connection-slack"
    CONNECTION_SMTP = "connection-smtp"
    CONNECTION_GENERIC = "connection-generic"
    PARAM_STRING = "param-string"
    PARAM_INTEGER = "param-integer"
    PARAM_NUMBER = "param-number"
    PARAM_BOOLEAN = "param-boolean"
    PARAM_DATE = "param-date"
    PARAM_DATETIME = "param-datetime"
    PARAM_LIST = "param-list"
    PARAM_MAP = "param-map"
    PARAM_REQUIRED = "param-required"
    PARAM_NULLABLE = "param-nullable"
    PARAM_ENUM = "param-enum"
    PARAM_RANGE = "param-range"
    PARAM_PATTERN = "param-pattern"
    PARAM_UNKNOWN_REFUSED = "param-unknown-refused"
    # what people read
    DESCRIPTION = "description"
    DOCS = "docs"
    OWNER = "owner"
    TAGS = "tags"
    TASK_DESCRIPTION = "task-description"
    TASK_DOCS = "task-docs"
    TASK_OWNER = "task-owner"
    TASK_TAGS = "task-tags"
    GROUP_DESCRIPTION = "group-description"
    # time and data
    SCHEDULE_CRON = "schedule-cron"
    SCHEDULE_CLOCK_CHANGES = "schedule-clock-changes"
    SCHEDULE_EVERY = "schedule-every"
    SCHEDULE_EVERY_IN_LINES = "schedule-every-in-lines"
    SCHEDULE_EVERY_UNEVEN = "schedule-every-uneven"
    SCHEDULE_EVERY_SECONDS = "schedule-every-seconds"
    SCHEDULE_ON_ASSETS = "schedule-on-assets"
    SCHEDULE_ON_ASSETS_WINDOW = "schedule-on-assets-window"
    SCHEDULE_PARAMS = "schedule-params"
    SCHEDULE_START = "schedule-start"
    SCHEDULE_END = "schedule-end"
    SCHEDULE_CATCHUP = "schedule-catchup"
    SCHEDULE_DISABLED = "schedule-disabled"
    PARTITIONS_HOUR = "partitions-hour"
    PARTITIONS_DAY = "partitions-day"
    PARTITIONS_WEEK = "partitions-week"
    PARTITIONS_MONTH = "partitions-month"
    PARTITIONS_CRON = "partitions-cron"
    PARTITIONS_KEYS = "partitions-keys"
    PARTITIONS_CLOCK_CHANGES = "partitions-clock-changes"
    PRODUCES = "produces"
    PRODUCES_FOR_EACH = "produces-for-each"
    CONSUMES = "consumes"
    CHECKS = "checks"
    CHECKS_WARN = "checks-warn"
    FRESHNESS = "freshness"
    # being told
    DEADLINE = "deadline"
    DEADLINE_FROM_STARTED = "deadline-from-started"
    RUN_ON_FAILURE = "run-on-failure"
    RUN_ON_SUCCESS = "run-on-success"
    TASK_ON_FAILURE = "task-on-failure"
    TASK_ON_SUCCESS = "task-on-success"
    TASK_ON_RETRY = "task-on-retry"
    # only one orchestrator's
    TARGET_OPTIONS = "target-options"
    TASK_OPTIONS = "task-options"


class Place(NamedTuple):
    """The value of a key of a task or of the pipeline; its span is worked out for few uses."""

    holder: Task | Pipeline
    key: str


class Use(NamedTuple):
    """A feature that a pipeline needs, and where it says so."""

    feature: Feature
    place: Span | Place

    @property
    def span(self) -> Span:
        place = self.place
        return place.holder.at(place.key) if isinstance(place, Place) else place


def used(pipeline: Pipeline, target: str) -> Iterator[Use]:
    """Everything that a pipeline needs of a target, each feature at each place that asks for it.

    ``target`` matters for what only one target is told: its options, its `native` entry.
    """
    mapped = frozenset(
        id
        for group in flow.groups(pipeline.groups)
        if group.for_each is not None
        for id in flow.members(group)
    )
    yield from _of_pipeline(pipeline, target)
    for task in pipeline.tasks:
        yield from _of_task(task, target, mapped)
    for group in pipeline.groups:
        yield from _of_group(group)
    for connection in connections.used(pipeline):
        yield Use(Feature(f"connection-{connection.type}"), connection.span)
    yield from _by_chance(pipeline)
    yield from _empty_lists(pipeline)


def _by_chance(pipeline: Pipeline) -> Iterator[Use]:
    """Where a target that does not wait for all upstreams may end otherwise."""
    plain = all(
        task.trigger_rule is TriggerRule.ALL_SUCCESS
        and not isinstance(task.body, GateBody | BranchBody)
        for task in pipeline.tasks
    )
    if plain and pipeline.fail_run_on == "any":
        return
    from dagglot.semantics.by_chance import decided_by_chance  # few pipelines need to ask

    for id in decided_by_chance(pipeline):
        yield Use(Feature.RULE_DECIDED_EARLY, pipeline.task(id).at("trigger_rule"))


def _empty_lists(pipeline: Pipeline) -> Iterator[Use]:
    """Mapped groups whose list may be known to be empty while something else above them failed."""
    for group in flow.groups(pipeline.groups):
        items = group.for_each.items if group.for_each is not None else None
        if group.for_each is None or (isinstance(items, tuple) and items):
            continue
        members = set(flow.members(group))
        readers = [leaf.task for leaf in references(items) if isinstance(leaf, TaskOutput)]
        above = {id for task in members for id in pipeline.task(task).upstream} - members
        if above - flow.needed_for(pipeline, readers):
            yield Use(Feature.EMPTY_LIST_BELOW_FAILURE, group.for_each.span)


_PARTITIONS = {
    "hour": Feature.PARTITIONS_HOUR,
    "day": Feature.PARTITIONS_DAY,
    "week": Feature.PARTITIONS_WEEK,
    "month": Feature.PARTITIONS_MONTH,
}


def _of_pipeline(pipeline: Pipeline, target: str) -> Iterator[Use]:
    at = partial(Place, pipeline)
    if pipeline.description:
        yield Use(Feature.DESCRIPTION, at("description"))
    if pipeline.docs:
        yield Use(Feature.DOCS, at("docs"))
    if pipeline.owner:
        yield Use(Feature.OWNER, at("owner"))
    if pipeline.tags:
        yield Use(Feature.TAGS, at("tags"))
    for feature in _of_schedule(pipeline.schedule):
        yield Use(feature, pipeline.schedule.at(_SCHEDULE_KEYS.get(feature, "")))
    if pipeline.partitions is not None:
        partitions = pipeline.partitions
        if partitions.keys:
            yield Use(Feature.PARTITIONS_KEYS, partitions.span)
        elif partitions.by is not None:
            yield Use(_PARTITIONS[partitions.by], partitions.span)
        else:
            yield Use(Feature.PARTITIONS_CRON, partitions.span)
            edges = Schedule(cron=partitions.cron, timezone=partitions.timezone)
            if partitions.timezone != "UTC" and _meets_clock_changes(edges):
                yield Use(Feature.PARTITIONS_CLOCK_CHANGES, partitions.at("cron"))
    for param in pipeline.params:
        yield from (Use(feature, param.span) for feature in _of_param(param))
    if pipeline.params:
        yield Use(Feature.PARAM_UNKNOWN_REFUSED, at("params"))
    for asset in pipeline.assets:
        if asset.freshness is not None and asset.name in {
            name for task in pipeline.tasks for name in task.produces
        }:
            yield Use(Feature.FRESHNESS, asset.span)
    for alert in events.told(pipeline):
        for leaf in references(alert.settings):
            used = _of_leaf(leaf)
            if used is not None:
                yield Use(used, alert.span)
    if pipeline.deadline is not None:
        started = pipeline.deadline.from_ == "started"
        late = Feature.DEADLINE_FROM_STARTED if started else Feature.DEADLINE
        yield Use(late, pipeline.deadline.span)
    if pipeline.timeout is not None:
        yield Use(Feature.RUN_TIMEOUT, at("timeout"))
    if pipeline.on_failure:
        yield Use(Feature.RUN_ON_FAILURE, at("on_failure"))
    if pipeline.on_success:
        yield Use(Feature.RUN_ON_SUCCESS, at("on_success"))
    if pipeline.fail_run_on == "leaf":
        yield Use(Feature.FAIL_RUN_ON_LEAF, at("fail_run_on"))
        for task in pipeline.tasks:
            if task.allow_failure:
                yield Use(Feature.ALLOW_FAILURE_WITH_LEAF, task.at("allow_failure"))
    concurrency = pipeline.concurrency
    if concurrency.max_active_runs is not None:
        yield Use(Feature.MAX_ACTIVE_RUNS, concurrency.span)
    if concurrency.max_active_tasks is not None:
        yield Use(Feature.MAX_ACTIVE_TASKS, concurrency.span)
    if concurrency.on_overlap == "skip":
        yield Use(Feature.OVERLAP_SKIP, concurrency.span)
    if pipeline.options.get(target):
        yield Use(Feature.TARGET_OPTIONS, at("targets"))


_SCHEDULE_KEYS: Final = {
    Feature.SCHEDULE_CRON: "cron",
    Feature.SCHEDULE_CLOCK_CHANGES: "cron",
    Feature.SCHEDULE_EVERY: "every",
    Feature.SCHEDULE_EVERY_IN_LINES: "every",
    Feature.SCHEDULE_EVERY_UNEVEN: "every",
    Feature.SCHEDULE_EVERY_SECONDS: "every",
    Feature.SCHEDULE_ON_ASSETS: "on_assets",
    Feature.SCHEDULE_START: "start",
    Feature.SCHEDULE_END: "end",
    Feature.SCHEDULE_CATCHUP: "catchup",
    Feature.SCHEDULE_DISABLED: "enabled",
}
"""Where each stands; the others at the schedule itself."""


def _of_schedule(schedule: Schedule) -> Iterator[Feature]:
    if schedule.cron is not None:
        yield Feature.SCHEDULE_CRON
        if schedule.timezone != "UTC" and _meets_clock_changes(schedule):
            yield Feature.SCHEDULE_CLOCK_CHANGES
    if schedule.every is not None:
        yield Feature.SCHEDULE_EVERY
        yield from _of_interval(schedule)
    if schedule.on_assets is not None:
        yield Feature.SCHEDULE_ON_ASSETS
    if not schedule.is_set:
        return
    if schedule.params:
        yield Feature.SCHEDULE_PARAMS
    if schedule.on_assets is not None:
        if schedule.start is not None or schedule.end is not None:
            yield Feature.SCHEDULE_ON_ASSETS_WINDOW
    elif schedule.start is not None:
        yield Feature.SCHEDULE_START
    if schedule.end is not None and schedule.on_assets is None:
        yield Feature.SCHEDULE_END
    if schedule.catchup:
        yield Feature.SCHEDULE_CATCHUP
    if not schedule.enabled:
        yield Feature.SCHEDULE_DISABLED


def _meets_clock_changes(schedule: Schedule) -> bool:
    from dagglot.semantics.firetimes import meets_clock_changes

    return meets_clock_changes(schedule)


def _of_interval(schedule: Schedule) -> Iterator[Feature]:
    """What it takes where only cron lines count from `start`: nothing, if one can say it."""
    from dagglot.semantics import intervals

    every, start = schedule.every, schedule.start
    if every is None or start is None or schedule.catchup:
        return
    if intervals.has_seconds(every, start):
        yield Feature.SCHEDULE_EVERY_SECONDS
        return
    number = len(intervals.lines(every, start))
    if number != 1:
        yield Feature.SCHEDULE_EVERY_IN_LINES if number else Feature.SCHEDULE_EVERY_UNEVEN


def _of_param(param: Param) -> Iterator[Feature]:
    yield Feature(f"param-{param.type.kind.value}")
    if param.required:
        yield Feature.PARAM_REQUIRED
    if param.type.nullable:
        yield Feature.PARAM_NULLABLE
    if param.type.members is not None:
        yield Feature.PARAM_ENUM
    if param.minimum is not None or param.maximum is not None:
        yield Feature.PARAM_RANGE
    if param.pattern is not None:
        yield Feature.PARAM_PATTERN


_BACKOFFS = {
    Backoff.CONSTANT: Feature.RETRIES_CONSTANT,
    Backoff.LINEAR: Feature.RETRIES_LINEAR,
    Backoff.EXPONENTIAL: Feature.RETRIES_EXPONENTIAL,
}


def _of_task(task: Task, target: str, mapped: frozenset[str]) -> Iterator[Use]:
    at = partial(Place, task)
    yield Use(_kind(task), at("type"))
    match task.body:
        case NativeBody(calls=calls) if target not in calls:
            yield Use(Feature.NATIVE_MISSING, task.span)
        case PythonBody(skip_on=skip_on) if skip_on is not None:
            yield Use(Feature.SKIP_ON, at("skip_on"))
        case ShellBody(skip_exit_code=code) if code is not None:
            yield Use(Feature.SKIP_EXIT_CODE, at("skip_exit_code"))
        case _:
            pass
    rule = task.trigger_rule
    if rule is not TriggerRule.ALL_SUCCESS:
        yield Use(Feature("trigger-rule-" + rule.value.replace("_", "-")), at("trigger_rule"))
    elif task.depends_on:
        yield Use(Feature.TRIGGER_RULE_ALL_SUCCESS, at("depends_on"))
    if task.when is not True:
        yield Use(Feature.WHEN, at("when"))
    if task.for_each is not None:
        yield Use(Feature.FOR_EACH, task.for_each.span)
        if task.id in mapped:
            yield Use(Feature.FOR_EACH_NESTED, task.for_each.span)
        if task.for_each.max_parallel is not None:
            yield Use(Feature.FOR_EACH_MAX_PARALLEL, task.for_each.span)
    if task.retries.count:
        yield Use(_BACKOFFS[task.retries.backoff], task.retries.span)
        if task.retries.max_delay is not None:
            yield Use(Feature.RETRIES_MAX_DELAY, task.retries.span)
        if task.retries.jitter is not None:
            yield Use(Feature.RETRIES_JITTER, task.retries.span)
    if task.timeout is not None:
        yield Use(Feature.TASK_TIMEOUT, at("timeout"))
    if task.produces and (task.for_each is not None or task.id in mapped):
        yield Use(Feature.PRODUCES_FOR_EACH, at("produces"))
    if task.pool is not None:
        yield Use(Feature.POOL, at("pool"))
    if task.priority is not None:
        yield Use(Feature.PRIORITY, at("priority"))
    for key, asked in zip(_OF_KEYS, _values_of_keys(task), strict=True):
        if not asked:
            continue
        if key == "resources" and isinstance(task.body, kinds.ContainerBody):
            yield Use(Feature.CONTAINER_RESOURCES, at(key))
            if "cpu" in task.resources and task.body.runtime == "docker":
                yield Use(Feature.CONTAINER_DOCKER_CPU, at(key))
        else:
            yield Use(_OF_KEYS[key], at(key))
    if task.options.get(target):
        yield Use(Feature.TASK_OPTIONS, at("targets"))
    for value, key in values_of(task):
        for leaf in references(value):
            feature = _of_leaf(leaf)
            if feature is not None:
                yield Use(feature, at(key))


def _of_leaf(leaf: Leaf) -> Feature | None:
    match leaf:
        case TaskOutput():
            return Feature.TASK_OUTPUT
        case RunField(name="attempt"):
            return Feature.RUN_ATTEMPT
        case RunField():
            return Feature.RUN_FIELDS
        case PartitionField():
            return Feature.PARTITION_FIELDS
        case SecretRef():
            return Feature.SECRETS
        case ConnectionField():
            return Feature.CONNECTION_FIELDS
        case _:
            return None


_OF_KEYS = {
    "env": Feature.ENV,
    "resources": Feature.RESOURCES,
    "consumes": Feature.CONSUMES,
    "produces": Feature.PRODUCES,
    "on_failure": Feature.TASK_ON_FAILURE,
    "on_success": Feature.TASK_ON_SUCCESS,
    "on_retry": Feature.TASK_ON_RETRY,
    "allow_failure": Feature.ALLOW_FAILURE,
    "depends_on_past": Feature.DEPENDS_ON_PAST,
    "teardown_of": Feature.TEARDOWN,
    "description": Feature.TASK_DESCRIPTION,
    "docs": Feature.TASK_DOCS,
    "owner": Feature.TASK_OWNER,
    "tags": Feature.TASK_TAGS,
}
"""The keys of a task that are a feature each, where they hold anything."""
_values_of_keys = attrgetter(*_OF_KEYS)

_SENSORS: Final[Mapping[type[kinds.Wait], Feature]] = {
    kinds.FileWait: Feature.SENSOR_FILE,
    kinds.HttpWait: Feature.SENSOR_HTTP,
    kinds.SqlWait: Feature.SENSOR_SQL,
    kinds.CallWait: Feature.SENSOR_CALL,
    kinds.DurationWait: Feature.SENSOR_DURATION,
    kinds.UntilWait: Feature.SENSOR_UNTIL,
    kinds.PipelineWait: Feature.SENSOR_PIPELINE,
    kinds.AssetWait: Feature.SENSOR_ASSET,
}


def _kind(task: Task) -> Feature:
    match task.body:
        case GateBody(skips=skips):
            return Feature("gate-" + skips.replace("_", "-"))
        case kinds.SensorBody(wait_for=wait):
            return _SENSORS[type(wait)]
        case kinds.ContainerBody(runtime=runtime):
            return Feature(f"container-{runtime}")
        case kinds.CheckBody(severity=severity):
            return Feature.CHECKS if severity == "error" else Feature.CHECKS_WARN
        case body:
            return Feature(kind_of(body).replace("_", "-"))


def _of_group(group: Group, mapped: bool = False) -> Iterator[Use]:
    yield Use(Feature.GROUP, group.span)
    if group.for_each is not None:
        yield Use(Feature.GROUP_FOR_EACH, group.for_each.span)
        if mapped:
            yield Use(Feature.FOR_EACH_NESTED, group.for_each.span)
        if group.for_each.max_parallel is not None:
            yield Use(Feature.FOR_EACH_MAX_PARALLEL, group.for_each.span)
    if group.description or group.docs or group.owner or group.tags:
        yield Use(Feature.GROUP_DESCRIPTION, group.span)
    for inner in group.groups:
        yield from _of_group(inner, mapped or group.for_each is not None)
