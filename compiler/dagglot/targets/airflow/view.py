"""What the template of a DAG file prints; every text that is code has the type `Code`."""

from __future__ import annotations

from dagglot.frozen import dataclass
from dagglot.pycode import Code


@dataclass(frozen=True, slots=True)
class PythonTask:
    """A TaskFlow function, and the call that makes it a task."""

    pad: Code
    decorators: tuple[Code, ...]
    signature: Code
    """Behind ``def``, with the name and the parameters."""
    doc: Code | None
    imported: Code
    statements: tuple[Code, ...]
    call: Code
    kind: str = "python"


@dataclass(frozen=True, slots=True)
class Statement:
    """An operator, the head of a group's block, or edges."""

    pad: Code
    text: Code
    kind: str = "statement"


Item = PythonTask | Statement


@dataclass(frozen=True, slots=True)
class DagFile:
    """One DAG file, from top to bottom."""

    doc: Code
    imports: tuple[tuple[Code, ...], ...]
    run_params: Code | None
    """What scheduled runs have instead of the params' defaults, as a dict."""
    comments: tuple[Code, ...]
    dag: Code
    items: tuple[Item, ...]
