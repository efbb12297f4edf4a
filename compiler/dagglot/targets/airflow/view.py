"""What the template of a DAG file prints; every text that is code has the type `Code`."""

from __future__ import annotations

from dagglot.frozen import dataclass
from dagglot.pycode import Code


@dataclass(frozen=True, slots=True)
class PythonTask:
    """A function, and what makes a task of it: a call, or an operator whose hook it is."""

    pad: Code
    decorators: tuple[Code, ...]
    signature: Code
    """Behind ``def``, with the name and the parameters."""
    doc: Code | None
    before: tuple[Code, ...]
    """Statements that come before the imports: a task that is skipped imports nothing."""
    imported: tuple[tuple[Code, ...], ...]
    """What the function imports itself, the standard library first."""
    statements: tuple[Code, ...]
    call: Code
    kind: str = "python"


@dataclass(frozen=True, slots=True)
class Statement:
    """An operator, the head of a group's block, or edges."""

    pad: Code
    text: Code
    kind: str = "statement"


@dataclass(frozen=True, slots=True)
class MappedGroup:
    """The head of a group's function; the tasks of the group stand in it."""

    pad: Code
    decorator: Code
    signature: Code
    kind: str = "mapped"


@dataclass(frozen=True, slots=True)
class AlertFunction:
    """A function that Airflow calls to tell an alert."""

    decorators: tuple[Code, ...]
    signature: Code
    imported: tuple[tuple[Code, ...], ...]
    statements: tuple[Code, ...]


Item = PythonTask | Statement | MappedGroup


@dataclass(frozen=True, slots=True)
class Starter:
    """A second DAG, which starts runs of the first: one for each static partition."""

    dag: Code
    task: Code
    expanded: Code


@dataclass(frozen=True, slots=True)
class DagFile:
    """One DAG file, from top to bottom."""

    doc: Code
    imports: tuple[tuple[Code, ...], ...]
    run_params: Code | None
    """What scheduled runs have instead of the params' defaults, as a dict."""
    this_event: Code | None
    """What all functions of alerts say alike."""
    alerts: tuple[AlertFunction, ...]
    run_type: str
    """What Airflow calls a run that the schedule makes."""
    partitions: Code | None
    """The object that knows which partition a run works on."""
    comments: tuple[Code, ...]
    assets: tuple[Code, ...]
    """The constants of assets that the file speaks of."""
    dag: Code
    items: tuple[Item, ...]
    starter: Starter | None
