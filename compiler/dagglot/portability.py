"""How far pipelines are portable: what each target makes of each of them, and of all together.

It is computed from the capability tables and from what a target refuses besides, as a compile does;
nothing is generated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from itertools import takewhile
from typing import Any, Final

from dagglot import capabilities, features
from dagglot.diagnostics.model import Span
from dagglot.features import Feature
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job
from dagglot.semantics.firetimes import fire_times
from dagglot.targets.base import Support, Verdict

_WEEK: Final = timedelta(days=7)
_MOST: Final = 20_000
"""Runs of one pipeline in a week that are counted: more than one in each minute there are none."""


class Status(Enum):
    """What becomes of a pipeline on a target: the worst of its constructs."""

    NATIVE = "native"
    """Every construct is the orchestrator's own."""
    EMULATED = "emulated"
    """Some are generated code; a run behaves the same."""
    ACCEPTED = "accepted"
    """Some are done only nearly, and the document, or the project, accepts that."""
    LOSSY = "lossy"
    """Some are done only nearly, and nobody has accepted that."""
    REFUSED = "refused"
    """Some cannot be done: it is not compiled."""

    @property
    def untouched(self) -> bool:
        """Whether the document can stay as it is."""
        return self in (Status.NATIVE, Status.EMULATED, Status.ACCEPTED)


STATUSES: Final = tuple(Status)


@dataclass(frozen=True, slots=True)
class Finding:
    """One construct that is not simply the target's own, and everywhere that asks for it. ``name``
    is the feature's, or that of the rule by which it is refused."""

    name: str
    status: Status
    verdict: Verdict
    accepted: bool
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A pipeline on a target; what is refused stands first."""

    status: Status
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A pipeline, with a cell for each target, and the constructs that it is made of."""

    pipeline: Pipeline
    cells: tuple[Cell, ...]
    used: frozenset[Feature]


@dataclass(frozen=True, slots=True)
class Facts:
    """How much there is to run. ``runs`` are those of schedules in a week; what assets or other
    pipelines start comes on top."""

    pipelines: int
    tasks: int
    largest: int
    scheduled: int
    runs: int
    task_runs: int
    native_tasks: int
    with_options: int


@dataclass(frozen=True, slots=True)
class Report:
    """All pipelines on all targets, in the order of their ids."""

    targets: tuple[Job, ...]
    rows: tuple[Row, ...]
    facts: Facts

    def totals(self, number: int) -> Mapping[Status, int]:
        """How many pipelines have which status on a target."""
        found = Counter(row.cells[number].status for row in self.rows)
        return {status: found[status] for status in Status}

    def causes(self, number: int, status: Status) -> tuple[tuple[str, int], ...]:
        """What refuses pipelines, or makes them lossy, the most frequent first: in how many of
        those that are so."""
        found = Counter(
            finding.name
            for row in self.rows
            if row.cells[number].status is status
            for finding in row.cells[number].findings
            if finding.status is status
        )
        return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def report(
    pipelines: Sequence[Pipeline],
    targets: Sequence[Job],
    since: datetime,
    accept: Mapping[str, Any] | None = None,
) -> Report:
    """What the targets make of pipelines. ``since`` is the begin of the week whose runs count."""
    rows = tuple(_row(one, targets, accept) for one in sorted(pipelines, key=lambda one: one.id))
    return Report(tuple(targets), rows, _facts(pipelines, since))


def _row(pipeline: Pipeline, targets: Sequence[Job], accept: Mapping[str, Any] | None) -> Row:
    used = {use.feature for use in features.used(pipeline, "")} - {Feature.NATIVE_MISSING}
    return Row(pipeline, tuple(cell(pipeline, job, accept) for job in targets), frozenset(used))


def cell(pipeline: Pipeline, job: Job, accept: Mapping[str, Any] | None = None) -> Cell:
    """What a target makes of a pipeline."""
    grouped: dict[str, Finding] = {}
    for one in capabilities.judge(pipeline, job.target, job.version, accept):
        name = one.use.feature.value
        spans = grouped[name].spans if name in grouped else ()
        status = _status(one.verdict.support, one.accepted)
        grouped[name] = Finding(name, status, one.verdict, one.accepted, (*spans, one.use.span))
    found = sorted(grouped.values(), key=lambda one: -STATUSES.index(one.status))
    if not found or found[0].status is not Status.REFUSED:
        found = [*_refusals(pipeline, job), *found]
    worst = found[0].status if found else Status.NATIVE
    return Cell(worst, tuple(found))


def _status(support: Support, accepted: bool) -> Status:
    if support is Support.LOSSY:
        return Status.ACCEPTED if accepted else Status.LOSSY
    return {
        Support.NATIVE: Status.NATIVE,
        Support.EMULATED: Status.EMULATED,
        Support.UNSUPPORTED: Status.REFUSED,
    }[support]


def _refusals(pipeline: Pipeline, job: Job) -> Iterator[Finding]:
    """What no table can say: names that are taken, and the like."""
    for one in job.target.refusals(pipeline, job.context):
        if one.is_error:
            verdict = Verdict(Support.UNSUPPORTED, one.message)
            span = one.span or pipeline.span
            yield Finding(one.rule.name, Status.REFUSED, verdict, False, (span,))


def _facts(pipelines: Sequence[Pipeline], since: datetime) -> Facts:
    sizes = [len(one.tasks) for one in pipelines]
    weekly: dict[tuple[object, ...], int] = {}
    runs = task_runs = scheduled = native_tasks = with_options = 0
    for one in pipelines:
        schedule = one.schedule
        if schedule.is_set and schedule.enabled:
            scheduled += 1
        key: tuple[object, ...] = (schedule.cron, schedule.every, schedule.timezone)
        key = (*key, schedule.start, schedule.end, schedule.enabled)
        if key not in weekly:
            found = takewhile(lambda at: at < since + _WEEK, fire_times(schedule, since))
            weekly[key] = sum(1 for _ in zip(range(_MOST), found, strict=False))
        runs += weekly[key]
        task_runs += weekly[key] * len(one.tasks)
        native_tasks += sum(1 for task in one.tasks if hasattr(task.body, "calls"))
        with_options += bool(one.options) or any(task.options for task in one.tasks)
    return Facts(
        len(pipelines),
        sum(sizes),
        max(sizes, default=0),
        scheduled,
        runs,
        task_runs,
        native_tasks,
        with_options,
    )


# --- a choice -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of those by which an orchestrator is chosen, as far as these pipelines answer it: how
    many of those that need it have which status on each target."""

    name: str
    about: str
    pipelines: int
    cells: tuple[Mapping[Status, int], ...]


_CRITERIA: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "systems": (
        "work in other systems: SQL, HTTP, containers, dbt, notebooks, Spark, connections",
        ("sql", "http", "container-", "dbt", "notebook", "spark", "connection-"),
    ),
    "waiting": (
        "sensors, and runs that an event or another pipeline starts",
        ("sensor-", "schedule-on-assets", "trigger-pipeline"),
    ),
    "data": (
        "assets, partitions, checks of data: is the work told by tasks or by what they make?",
        ("produces", "consumes", "checks", "freshness", "partition"),
    ),
    "dynamic": (
        "what is decided at run time: mapped tasks, branches, gates, conditions, joins",
        ("for-each", "group-for-each", "branch", "gate-", "when", "trigger-rule-", "skip-"),
    ),
    "time": (
        "schedules, catch-up, runs that overlap or wait for those before",
        ("schedule-", "max-active-runs", "overlap-", "depends-on-past"),
    ),
    "failure": (
        "retries, timeouts, alerts, deadlines, clean-up",
        (
            *("retries-", "task-timeout", "run-timeout", "run-on-", "task-on-", "deadline"),
            *("allow-failure", "fail-run-on", "teardown", "notify"),
        ),
    ),
    "limits": (
        "pools, priorities, resources, isolation in containers and Kubernetes",
        ("pool", "priority", "resources", "container-resources", "max-active-tasks"),
    ),
    "inputs": (
        "typed params, secrets",
        ("param-", "secrets"),
    ),
    "people": ("somebody decides in the middle of a run", ("approval",)),
}
"""By the beginnings of names of features. What means the same everywhere is no criterion."""
_EVERYWHERE: Final = frozenset({Feature.TRIGGER_RULE_ALL_SUCCESS})


def criteria(made: Report) -> tuple[Criterion, ...]:
    """The half of a decision that can be computed; without what no pipeline needs."""
    found = []
    for name, (about, begins) in _CRITERIA.items():
        group = {one for one in Feature if one.value.startswith(begins)} - _EVERYWHERE
        using = [row for row in made.rows if row.used & group]
        if not using:
            continue
        names = {one.value for one in group}
        cells = []
        for number in range(len(made.targets)):
            count = Counter(_worst(row.cells[number], names) for row in using)
            cells.append({status: count[status] for status in Status})
        found.append(Criterion(name, about, len(using), tuple(cells)))
    return tuple(found)


def _worst(cell: Cell, names: set[str]) -> Status:
    """The status of a pipeline on a target, as far as one criterion goes."""
    told = [one.status for one in cell.findings if one.name in names]
    return max(told, key=STATUSES.index, default=Status.NATIVE)


QUESTIONS: Final[Mapping[str, str]] = {
    "skills": "Which of them does the team run or know already, and how long until everyone who "
    "is on call knows another one?",
    "operation": "Who runs the scheduler, its database and its workers, at night too: you, or a "
    "managed offering?",
    "cost": "What do the offers charge for: runs, tasks, minutes, people? The numbers above are "
    "what these pipelines would be charged for.",
    "development": "How does somebody try a change before it is merged, on a laptop and in CI, and "
    "what do they wait for?",
    "lineage": "Which catalogue or lineage tool has to know of these runs, and what does it read?",
    "interface": "Who else looks at runs, starts them, or answers: analysts, support, auditors?",
    "rules": "Where may code, data and secrets be; which sign-on, roles and audit are asked for?",
    "lock-in": "What would leaving cost in three years? These documents move; what is written for "
    "one orchestrator alone does not.",
}
"""The half that no tool can answer from documents: it is left open."""
