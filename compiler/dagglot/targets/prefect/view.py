"""What the templates of this target print: every decision made, source text apart from text."""

from __future__ import annotations

from dagglot.frozen import dataclass
from dagglot.pycode import INDENT, LINE_LENGTH, Code, width


@dataclass(frozen=True, slots=True)
class TaskView:
    """One ``@task`` function; ``statements`` are complete, with their indent.

    ``limits`` are further decorators; ``when`` comes before the imports, which may fail.
    """

    decorator: Code
    limits: tuple[Code, ...]
    signature: Code
    docstring: Code | None
    when: tuple[Code, ...]
    imports: tuple[Code, ...]
    statements: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class AlertView:
    """A function that tells somebody of an event."""

    signature: Code
    imports: tuple[Code, ...]
    statements: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class ReaderView:
    """A function that makes the list of a ``for_each``."""

    signature: Code
    docstring: Code
    statements: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class FlowView:
    """A whole flow file."""

    docstring: Code
    imports: tuple[Code, ...]
    constants: tuple[Code, ...]
    alerts: tuple[AlertView, ...]
    tasks: tuple[TaskView, ...]
    readers: tuple[ReaderView, ...]
    decorator: Code
    signature: Code
    flow_docstring: Code | None
    guard: tuple[Code, ...]
    submits: tuple[Code, ...]
    main: Code | None


def function_signature(name: str, arguments: list[Code], returns: Code) -> Code:
    """The first line of a function; one argument a line where it is too long."""
    flat = f"def {name}({', '.join(arguments)}) -> {returns}:"
    if width(flat) <= LINE_LENGTH and "\n" not in flat:
        return Code(flat)
    pad = " " * INDENT
    if not arguments:
        return Code(f"def {name}() -> (\n{pad}{returns}\n):")
    lines = "".join(f"{pad}{argument},\n" for argument in arguments)
    return Code(f"def {name}(\n{lines}) -> {returns}:")
