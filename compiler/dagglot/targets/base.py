"""What a target is: facts in a total table, and functions from the IR to views of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from dagglot.features import Feature
    from dagglot.ir.model import Json, Pipeline
    from dagglot.project import PoolSize
    from dagglot.stores import Stores


class Support(Enum):
    """What a target makes of a feature."""

    NATIVE = "native"
    """The orchestrator's own construct."""
    EMULATED = "emulated"
    """Generated code; a run behaves the same."""
    LOSSY = "lossy"
    """Close; the note says what differs. Warns until accepted."""
    UNSUPPORTED = "unsupported"
    """Refused, with the reason."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of a capability table.

    ``note`` is the reason, for the user; ``setup`` what must exist outside the code; ``since`` the
    version of the orchestrator from which on this holds.
    """

    support: Support
    note: str = ""
    setup: str = ""
    since: str = ""


def native(note: str = "", *, setup: str = "", since: str = "") -> Verdict:
    """The orchestrator's own construct does it."""
    return Verdict(Support.NATIVE, note, setup, since)


def emulated(note: str, *, setup: str = "", since: str = "") -> Verdict:
    """Generated code does it; the note says why it is needed."""
    return Verdict(Support.EMULATED, note, setup, since)


def lossy(note: str, *, setup: str = "", since: str = "") -> Verdict:
    """Nearly; the note says what differs."""
    return Verdict(Support.LOSSY, note, setup, since)


def unsupported(note: str) -> Verdict:
    """Not at all; the note says why."""
    return Verdict(Support.UNSUPPORTED, note)


NOT_YET = unsupported("dagglot does not generate it yet")

Capabilities: TypeAlias = "Mapping[Feature, Verdict]"


@dataclass(frozen=True, slots=True)
class Context:
    """What a target is told besides the pipeline.

    ``options`` are the project file's own keys of the target (``work_pool`` …); ``requirements``
    the lines of the user's requirements file, for the generated one; ``pools`` the sizes of pools
    that the project says.
    """

    version: str
    options: Mapping[str, Any] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()
    pools: Mapping[str, PoolSize] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """One file to be: which template, where it goes, and everything that the template prints.

    ``data`` holds no undecided question. A bare ``str`` in it is user text and gets quoted; source
    text has the type `Code`.
    """

    template: str
    path: PurePosixPath
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lowered:
    """What one pipeline becomes: files of its own, and its share in the files of all pipelines.

    ``contribution`` is plain JSON, kept in the manifest, so that an unchanged pipeline can take its
    part in a shared file without being compiled again.
    """

    views: tuple[View, ...]
    contribution: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunNames:
    """How the target calls a pipeline and its tasks, to read its answers back.

    ``tasks`` maps the target's names to ids; ``helpers`` are generated tasks that are no task of
    the pipeline and are left out of traces; ``starts`` are the pipelines that a run starts,
    ``pools`` those that it takes slots of.
    ``read`` says in the language's words what the probe reported in the target's.
    """

    pipeline: str
    file: str
    tasks: Mapping[str, str]
    helpers: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    read: Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]] | None = None


class Need(NamedTuple):
    """One thing that must exist in an orchestrator: its kind in that one's words, its name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a human says to an approval, and who that is."""

    approved: bool
    who: str


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run that a probe is asked for. ``time`` is the nominal time; None means now.

    ``answers`` are to the approvals, by the id of the task; ``partition`` is the key of the
    partition that the run names, None where it names none.
    """

    key: str
    names: RunNames
    params: Mapping[str, Any] = field(default_factory=dict)
    time: str | None = None
    timeout: float = 600.0
    answers: Mapping[str, Answer] = field(default_factory=dict)
    partition: str | None = None

    def spoken(self) -> dict[str, dict[str, Any]]:
        """The answers as a probe takes them, by the target's own names of the tasks."""
        return {
            name: {"approved": said.approved, "who": said.who}
            for name, id in self.names.tasks.items()
            if (said := self.answers.get(id))
        }


@dataclass(frozen=True, slots=True)
class BackfillRun:
    """One run of a backfill: its partition, its nominal time (None: when it is made), and what its
    name is made of, which is the same each time."""

    partition: str
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """Runs for partitions, in the order in which they are to start."""

    runs: tuple[BackfillRun, ...]
    max_active: int | None = None
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Mechanism:
    """How an orchestrator makes the runs of a backfill.

    ``lines`` are commands of a shell, or a Python script; ``notes`` what to know of them;
    ``request`` is what the backfill probe is asked to do the same; ``refusal`` why it cannot be
    done, and then there is nothing else.
    """

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""


class Event(Enum):
    """A change of a pipeline that is deployed already, after which an orchestrator keeps something
    of the old one."""

    REMOVED = "removed"
    RENAMED = "renamed"
    TASK_RENAMED = "task-renamed"
    STOPPED = "stopped"
    """It no longer starts by itself."""


class Aftermath(NamedTuple):
    """What is to know, or to do, where it was deployed. ``risk`` is the word of `diff`, and empty
    where it weighs no more than elsewhere."""

    note: str
    risk: str = ""
    commands: tuple[str, ...] = ()


NO_LIMIT: Final = (
    "`--max-active` holds with `--execute`, which waits for room; what is printed starts all runs"
)
"""A note where the orchestrator's own commands know no limit."""


class Target(Protocol):
    """One orchestrator: ``name`` is its word in three places (package, templates, goldens)."""

    name: str
    title: str
    versions: tuple[str, ...]
    """Minor versions that code is generated for, newest first."""

    def capabilities(self, version: str) -> Capabilities:
        """The total table of a version."""
        ...

    def names(self, pipeline: Pipeline, context: Context) -> RunNames:
        """How the orchestrator will call this pipeline and its tasks."""
        ...

    def refusals(self, pipeline: Pipeline, context: Context) -> tuple[Diagnostic, ...]:
        """What no table can say: a name that is taken, two names that become one."""
        ...

    def lower(self, pipeline: Pipeline, context: Context) -> Lowered:
        """The pipeline's own files and its contribution; every decision is made here."""
        ...

    def assemble(
        self, contributions: Sequence[Mapping[str, Any]], context: Context
    ) -> tuple[View, ...]:
        """The files that all pipelines share, from their contributions, in order of pipeline id."""
        ...

    def collisions(
        self, contributions: Mapping[str, Mapping[str, Any]]
    ) -> Iterable[tuple[str, str, str]]:
        """Pipelines that cannot stand in one output although their files can: two of them by their
        ids, and the name that would mean both."""
        ...

    def needs(self, pipeline: Pipeline, context: Context) -> tuple[Need, ...]:
        """What must exist outside the code for this pipeline, as ``SETUP.md`` lists it."""
        ...

    def probe(self, name: Literal["load", "run", "stores", "backfill"]) -> Path:
        """The script that asks the real orchestrator, inside its own environment."""
        ...

    def backfill(self, pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:
        """The orchestrator's own way to make runs for partitions."""
        ...

    def load_request(self, root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
        """What the load probe is asked, for the output folder ``root``."""
        ...

    def run_request(
        self,
        root: Path,
        python_path: Sequence[Path],
        runs: Sequence[RunSpec],
        options: Mapping[str, Any],
        stores: Stores | None = None,
    ) -> dict[str, Any]:
        """What the run probe is asked: several runs, one after another, in one process, with
        ``stores`` for the target's own connections and secrets."""
        ...

    def fire_times(
        self, pipeline: Pipeline, context: Context, since: datetime
    ) -> Iterator[datetime]:
        """When the orchestrator will start runs of its own that do something, from ``since`` on:
        what its scheduler makes of the generated schedule."""
        ...

    def expected(self, pipeline: Pipeline, context: Context) -> Mapping[str, Json]:
        """What the load probe must say of this pipeline: the neutral facts that `verify` compares.

        Keys: ``id``, ``description``, ``tags``, ``schedule``, ``params``, ``tasks`` (by the
        target's name: ``upstream``, ``retries``, ``timeout`` …), each as the probe prints it.
        """
        ...
