"""What a task does: one class a kind, and the union of them that a ``match`` closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from dagglot.diagnostics.model import Span
from dagglot.frozen import dataclass
from dagglot.ir.values import Json, Value, span_field


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonBody:
    """Call a function of the user's; the compiler never imports it."""

    module: str
    function: str
    args: Mapping[str, Value] = field(default_factory=dict)
    skip_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellBody:
    """Run a script with bash. ``cwd`` None is a new temporary directory."""

    run: Value
    cwd: str | None = None
    strict: bool = True
    output: Literal["text", "json", "none"] = "text"
    skip_exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlBody:
    """Run statements in one transaction; the text of a ``file`` stands in ``sql``."""

    sql: Value
    connection: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    output: Literal["none", "rows", "scalar"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBody:
    """Decide whether what is below runs."""

    condition: Value = None
    call: PythonBody | None = None
    skips: Literal["all_downstream", "direct"] = "all_downstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchCase:
    """One choice of a branch: the tasks chosen when the condition is the first that holds."""

    condition: Value
    to: tuple[str, ...]
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchBody:
    """Choose some of the direct downstream tasks.

    After the pass ``branches``, ``to`` and ``otherwise`` hold full ids of direct downstream tasks
    (a group stands for its roots), and ``choices`` has every name that a ``call`` may return or a
    scenario may give, with the ids that it means.
    """

    cases: tuple[BranchCase, ...] = ()
    otherwise: tuple[str, ...] = ()
    call: PythonBody | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoopBody:
    """Do nothing: a joint of the graph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCall:
    """What one target calls: an Airflow operator class, elsewhere a function."""

    module: str
    name: str
    args: Mapping[str, Value] = field(default_factory=dict)
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeBody:
    """What only one orchestrator has; a target without an entry refuses the pipeline."""

    calls: Mapping[str, NativeCall]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpBody:
    """Make one HTTP request: of a whole ``url``, or of a ``path`` below a connection's address."""

    url: Value = None
    connection: str = ""
    path: Value = None
    method: str = "GET"
    headers: Mapping[str, Value] = field(default_factory=dict)
    query: Mapping[str, Value] = field(default_factory=dict)
    sends: Literal["nothing", "json", "text"] = "nothing"
    content: Value = None
    """The body: any value with ``sends: json``, text with ``sends: text``."""
    status: tuple[int, ...] = ()
    """The good ones; none: any 2xx."""
    output: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerBody:
    """Run a container until it ends. Without a ``command`` the image's own entrypoint runs."""

    image: str
    runtime: Literal["docker", "kubernetes"] = "docker"
    command: tuple[Value, ...] = ()
    args: tuple[Value, ...] = ()
    volumes: tuple[str, ...] = ()
    namespace: str | None = None
    pod: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DbtBody:
    """Run dbt: ``dbt <command> --select … --vars …``. The command may be of several words."""

    command: str
    select: tuple[Value, ...] = ()
    exclude: tuple[str, ...] = ()
    project_dir: str | None = None
    profiles_dir: str | None = None
    target: str | None = None
    vars: Mapping[str, Value] = field(default_factory=dict)
    args: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookBody:
    """Run a notebook with parameters, as papermill does."""

    path: Value
    output_path: Value = None
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkBody:
    """Submit an application to Spark."""

    application: str
    args: tuple[Value, ...] = ()
    conf: Mapping[str, Json] = field(default_factory=dict)
    connection: str = ""
    packages: tuple[str, ...] = ()
    master: str | None = None


# What a sensor waits for, one class each.


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWait:
    """A path on the worker that is there."""

    path: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpWait:
    """A request that is answered as expected (a GET)."""

    request: HttpBody


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlWait:
    """A query whose first cell is true."""

    query: SqlBody


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWait:
    """A function that returns something true."""

    call: PythonBody


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationWait:
    """Simply this long, from the start of the task."""

    duration: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class UntilWait:
    """A moment: one instant, or a time of the day of ``run.time``, in the schedule's zone."""

    moment: Value = None
    """An instant: ISO text with an offset, or an expression that yields a datetime."""
    time_of_day: str | None = None
    """``HH:MM``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineWait:
    """The run of another pipeline, or a task of it, whose time is this one's minus ``offset``."""

    pipeline: str
    task: str | None = None
    offset: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetWait:
    """An asset updated since this run's time; the output is when it last was, as ISO text."""

    asset: str


Wait: TypeAlias = (
    FileWait | HttpWait | SqlWait | CallWait | DurationWait | UntilWait | PipelineWait | AssetWait
)

WHOLE_WAIT: Final = timedelta(days=7)
"""The `timeout` of a sensor that says none (language.md)."""
POLL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorBody:
    """Wait for something; ``timeout`` is for the whole wait, and is not retried."""

    wait_for: Wait
    poll: timedelta = POLL
    timeout: timedelta = WHOLE_WAIT
    on_timeout: Literal["fail", "skip"] = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerPipelineBody:
    """Start a run of another pipeline; with ``wait``, end as it ends."""

    pipeline: str
    params: Mapping[str, Value] = field(default_factory=dict)
    partition: Value = None
    wait: bool = True
    poll: timedelta = POLL


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalBody:
    """Ask a human; ``timeout`` None waits without an end."""

    message: Value
    approvers: tuple[str, ...] = ()
    timeout: timedelta | None = None
    on_reject: Literal["fail", "skip"] = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyBody:
    """Tell someone now; ``message`` None is each alert's own."""

    alerts: tuple[str, ...]
    message: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckBody:
    """Ask whether what a task has made is good: the first cell of a query, or what a function
    returns, is true. The pass ``checks`` makes such tasks; ``of`` is the id of the one that is
    checked, ``name`` the check's own."""

    look: SqlBody | PythonBody
    of: str
    name: str
    severity: Literal["error", "warn"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBody:
    """What no document says: a task that a target makes for itself, by its ``kind``."""

    kind: str
    settings: Mapping[str, Value] = field(default_factory=dict)


Body: TypeAlias = (
    PythonBody
    | ShellBody
    | SqlBody
    | HttpBody
    | ContainerBody
    | DbtBody
    | NotebookBody
    | SparkBody
    | SensorBody
    | GateBody
    | BranchBody
    | TriggerPipelineBody
    | ApprovalBody
    | NotifyBody
    | NoopBody
    | NativeBody
    | CheckBody
    | OtherBody
)

_WORDS: Final[Mapping[type[Body], str]] = {
    PythonBody: "python",
    ShellBody: "shell",
    SqlBody: "sql",
    HttpBody: "http",
    ContainerBody: "container",
    DbtBody: "dbt",
    NotebookBody: "notebook",
    SparkBody: "spark",
    SensorBody: "sensor",
    GateBody: "gate",
    BranchBody: "branch",
    TriggerPipelineBody: "trigger_pipeline",
    ApprovalBody: "approval",
    NotifyBody: "notify",
    NoopBody: "noop",
    NativeBody: "native",
    CheckBody: "check",
}


def kind_of(body: Body) -> str:
    """The word that stands in ``type:``."""
    return body.kind if isinstance(body, OtherBody) else _WORDS[type(body)]


NEEDS_GROUND: Final = (ContainerBody, DbtBody, NotebookBody, SparkBody)
"""Kinds that ask for something where they run: a program, an engine, rights."""
