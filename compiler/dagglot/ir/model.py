"""The intermediate DAG: what a pipeline is, with nothing left open.

Every value is frozen, every default is filled in, every reference is a full id. A node keeps the
``span`` it was read from; spans are never compared, so that two pipelines are equal when they mean
the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal, TypeVar

from dagglot.diagnostics.model import Span
from dagglot.expressions.types import Type
from dagglot.frozen import dataclass
from dagglot.ir.kinds import ApprovalBody as ApprovalBody
from dagglot.ir.kinds import Body as Body
from dagglot.ir.kinds import BranchBody as BranchBody
from dagglot.ir.kinds import BranchCase as BranchCase
from dagglot.ir.kinds import CheckBody as CheckBody
from dagglot.ir.kinds import ContainerBody as ContainerBody
from dagglot.ir.kinds import DbtBody as DbtBody
from dagglot.ir.kinds import GateBody as GateBody
from dagglot.ir.kinds import HttpBody as HttpBody
from dagglot.ir.kinds import NativeBody as NativeBody
from dagglot.ir.kinds import NativeCall as NativeCall
from dagglot.ir.kinds import NoopBody as NoopBody
from dagglot.ir.kinds import NotebookBody as NotebookBody
from dagglot.ir.kinds import NotifyBody as NotifyBody
from dagglot.ir.kinds import OtherBody as OtherBody
from dagglot.ir.kinds import PythonBody as PythonBody
from dagglot.ir.kinds import SensorBody as SensorBody
from dagglot.ir.kinds import ShellBody as ShellBody
from dagglot.ir.kinds import SparkBody as SparkBody
from dagglot.ir.kinds import SqlBody as SqlBody
from dagglot.ir.kinds import TriggerPipelineBody as TriggerPipelineBody
from dagglot.ir.kinds import kind_of as kind_of
from dagglot.ir.values import NOWHERE as NOWHERE
from dagglot.ir.values import Json as Json
from dagglot.ir.values import Places as Places
from dagglot.ir.values import Scalar as Scalar
from dagglot.ir.values import Value as Value
from dagglot.ir.values import places_field, span_field


class TriggerRule(Enum):
    """When a task runs, by the states of its direct upstreams (semantics.md, "Trigger rules")."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_SKIPPED = "all_skipped"
    ONE_FAILED = "one_failed"
    ONE_SUCCESS = "one_success"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"


class Backoff(Enum):
    """How the wait before a retry grows (semantics.md, "Retries, timeouts")."""

    CONSTANT = "constant"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


_Node = TypeVar("_Node")


def changed(node: _Node, **fields: object) -> _Node:
    """What `dataclasses.replace` gives, in a third of its time: a task has forty fields."""
    kind = type(node)
    made = object.__new__(kind)
    for name in kind.__slots__:  # type: ignore[attr-defined]
        object.__setattr__(made, name, fields[name] if name in fields else getattr(node, name))
    return made


# --- when, with what, for which data ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssetCondition:
    """Which updates start a run: one asset's, or all or any of some conditions."""

    asset: str | None = None
    operator: Literal["all", "any"] | None = None
    operands: tuple[AssetCondition, ...] = ()
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the pipeline runs by itself; with no ``cron``, ``every`` or ``on_assets``: never."""

    cron: str | None = None
    every: timedelta | None = None
    on_assets: AssetCondition | None = None
    params: Mapping[str, Json] = field(default_factory=dict)
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    catchup: bool = False
    enabled: bool = True
    zone_written: bool = field(default=False, compare=False)
    span: Span = span_field()
    places: Places = places_field()

    def at(self, key: str) -> Span:
        """The place of a key's value (``params.x``: of a param's), else of the schedule."""
        return self.places.get(key, self.span)

    @property
    def is_set(self) -> bool:
        return self.cron is not None or self.every is not None or self.on_assets is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitions:
    """The slices of data that a pipeline is run for."""

    by: Literal["hour", "day", "week", "month"] | None = None
    cron: str | None = None
    keys: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    timezone: str = "UTC"
    zone_written: bool = field(default=False, compare=False)
    span: Span = span_field()
    places: Places = places_field()

    def at(self, key: str) -> Span:
        """The place of a key's value, else of the partitions."""
        return self.places.get(key, self.span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A typed input of a run. Without a default it is required; a null default: nullable."""

    name: str
    type: Type
    required: bool
    default: Json = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    pattern: str | None = None
    description: str = ""
    span: Span = span_field()
    places: Places = places_field()

    def at(self, key: str) -> Span:
        """The place of a key's value, else of the param."""
        return self.places.get(key, self.span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A data set that tasks produce and consume; the name is its identity."""

    name: str
    uri: str = ""
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    group: str = ""
    freshness: timedelta | None = None
    external: bool = False
    """Produced outside of the project, so that nobody in it is asked to."""
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A logical name for a system; ``settings`` say where it lives in the chosen environment."""

    name: str
    type: str
    description: str = ""
    settings: Mapping[str, Value] = field(default_factory=dict)
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Who is told, and how; ``settings`` are the keys of its type."""

    name: str
    type: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Tell someone when a run is late; it stops nothing."""

    after: timedelta
    from_: Literal["scheduled", "started"] = "scheduled"
    alerts: tuple[str, ...] = ()
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """How much may run at once; None is the target's own limit."""

    max_active_runs: int | None = None
    max_active_tasks: int | None = None
    on_overlap: Literal["queue", "skip"] = "queue"
    span: Span = span_field()


# --- tasks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """An edge to a direct upstream; ``implicit`` when an expression made it.

    Until the pass ``dependencies`` has run, ``task`` may be the id of a group.
    """

    task: str
    implicit: bool = field(default=False, compare=False)
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """At most ``count`` further attempts; waits as semantics.md computes them."""

    count: int = 0
    delay: timedelta = timedelta(0)
    backoff: Backoff = Backoff.CONSTANT
    max_delay: timedelta | None = None
    jitter: timedelta | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach:
    """One instance for each element of a list known at run time."""

    items: Value
    max_parallel: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A named limit that a task takes slots of."""

    name: str
    slots: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A data check that runs after its task: the pass ``checks`` makes the task ``task.name``."""

    name: str
    look: SqlBody | PythonBody
    severity: Literal["error", "warn"] = "error"
    span: Span = span_field()
    places: Places = places_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One node of the DAG. ``id`` is the full path, ``load.orders``; ``group`` its group or ""."""

    id: str
    body: Body
    group: str = ""
    description: str = ""
    docs: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    trigger_rule: TriggerRule = TriggerRule.ALL_SUCCESS
    when: Value = True
    for_each: ForEach | None = None
    retries: Retries = Retries()
    timeout: timedelta | None = None
    pool: Pool | None = None
    priority: int | None = None
    env: Mapping[str, Value] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    consumes: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    on_failure: tuple[str, ...] = ()
    on_success: tuple[str, ...] = ()
    on_retry: tuple[str, ...] = ()
    allow_failure: bool = False
    idempotent: bool | None = None
    depends_on_past: bool = False
    teardown_of: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    moved_from: str | None = None
    span: Span = span_field()
    places: Places = places_field()
    """Where each key of the task stands, also one that came from a default; ``run@7`` is the place
    of the expression whose inside begins at the 7th character of ``run``."""

    def at(self, key: str) -> Span:
        """The place of a key's value, else of the task."""
        return self.places.get(key, self.span)

    @property
    def upstream(self) -> tuple[str, ...]:
        return tuple(dependency.task for dependency in self.depends_on)

    @property
    def name(self) -> str:
        """The id without its group; that of a check has the task's: ``sales.not_empty``."""
        return self.id[len(self.group) + 1 :] if self.group else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A name for some tasks: a tree beside the flat list. ``members`` are full ids, in order."""

    id: str
    members: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    description: str = ""
    docs: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    for_each: ForEach | None = None
    moved_from: str | None = None
    span: Span = span_field()

    @property
    def parent(self) -> str:
        return self.id.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A test in the document: outcomes that are given, final states that are expected.

    ``keys`` has the place of each key, ``places`` of its value: ``given.load``,
    ``given.params.day``, ``expect.load``.
    """

    name: str
    given: Mapping[str, Json]
    expect: Mapping[str, Json]
    span: Span = span_field()
    keys: Places = places_field()
    places: Places = places_field()

    def at(self, key: str) -> Span:
        """The place of a key's value, else of the test."""
        return self.places.get(key, self.span)

    def at_key(self, key: str) -> Span:
        """The place of a key itself, else of the test."""
        return self.keys.get(key, self.span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A whole pipeline. Tasks are flat, in the author's order; ``groups`` is the tree above."""

    id: str
    source: str = field(default="", compare=False)
    description: str = ""
    docs: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    schedule: Schedule = Schedule()
    partitions: Partitions | None = None
    params: tuple[Param, ...] = ()
    assets: tuple[Asset, ...] = ()
    connections: tuple[Connection, ...] = ()
    alerts: tuple[Alert, ...] = ()
    on_failure: tuple[str, ...] = ()
    on_success: tuple[str, ...] = ()
    deadline: Deadline | None = None
    timeout: timedelta | None = None
    concurrency: Concurrency = Concurrency()
    fail_run_on: Literal["any", "leaf"] = "any"
    tasks: tuple[Task, ...] = ()
    groups: tuple[Group, ...] = ()
    options: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    accept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tests: tuple[Scenario, ...] = ()
    moved_from: str | None = None
    span: Span = span_field()
    places: Places = places_field()

    def at(self, key: str) -> Span:
        """The place of a top-level key's value, else of the document."""
        return self.places.get(key, self.span)

    def task(self, id: str) -> Task:
        for task in self.tasks:
            if task.id == id:
                return task
        raise KeyError(id)
