"""What the templates of this target print: every decision made, source text apart from text."""

from __future__ import annotations

from dagglot.frozen import dataclass
from dagglot.pycode import Code


@dataclass(frozen=True, slots=True)
class TaskView:
    """One ``@task`` function; ``statements`` are complete, with their indent."""

    decorator: Code
    signature: Code
    docstring: Code | None
    imports: tuple[Code, ...]
    statements: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class FlowView:
    """A whole flow file."""

    docstring: Code
    imports: tuple[Code, ...]
    constants: tuple[Code, ...]
    tasks: tuple[TaskView, ...]
    decorator: Code
    signature: Code
    flow_docstring: Code | None
    guard: tuple[Code, ...]
    submits: tuple[Code, ...]
    returns: Code
    main: Code | None
