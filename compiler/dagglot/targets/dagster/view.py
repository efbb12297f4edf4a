"""What the template of a job file prints; every text that is code has the type `Code`."""

from __future__ import annotations

from datetime import timedelta

from dagglot.frozen import dataclass
from dagglot.pycode import INDENT, LINE_LENGTH, Call, Code

_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


@dataclass(frozen=True, slots=True)
class ParamsClass:
    """The resource that holds a run's params; ``fields`` are its lines."""

    name: Code
    doc: Code
    fields: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """An op, a job or a schedule: decorators, ``def …:``, and what it does.

    Without a docstring and a body it is a stub, ``def …: ...``.
    """

    decorators: tuple[Code, ...]
    signature: Code
    doc: Code | None = None
    before: tuple[Code, ...] = ()
    """Statements that come before the imports."""
    imports: tuple[tuple[Code, ...], ...] = ()
    statements: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class JobFile:
    """One job file, from top to bottom."""

    doc: Code
    imports: tuple[tuple[Code, ...], ...]
    params: ParamsClass | None
    policies: tuple[Code, ...]
    """Constants: the partitions, and the retry policies of several ops."""
    alerts: tuple[Function, ...]
    """What tells of an event."""
    ops: tuple[Function, ...]
    definitions: tuple[Code, ...]
    """The assets that a job of assets makes, and their checks."""
    job: Function | Code
    assets: Code | None
    """What is known of the assets that the ops make."""
    constants: tuple[Code, ...]
    schedule: Function | Code | None
    """What starts the job by itself: a sensor, or a schedule, which is a function where it has a
    guard, else the statement that defines it."""
    sensors: tuple[Function, ...]


def signature(name: str, parameters: list[str], returns: str) -> Code:
    """``def …:`` on one line, else with the parameters on lines of their own."""
    flat = f"def {name}({', '.join(parameters)}) -> {returns}:"
    if len(flat) <= LINE_LENGTH:
        return Code(flat)
    pad = " " * INDENT
    together = f"{pad}{', '.join(parameters)}"
    if len(parameters) > 1 and len(together) <= LINE_LENGTH:
        return Code(f"def {name}(\n{together}\n) -> {returns}:")
    lines = "".join(f"{pad}{parameter},\n" for parameter in parameters)
    return Code(f"def {name}(\n{lines}) -> {returns}:")


def elapsed(value: timedelta) -> Call:
    """``timedelta(days=2)``: whole seconds, in the largest unit that is whole."""
    seconds = value // timedelta(seconds=1)
    unit, size = next(one for one in _UNITS if seconds % one[1] == 0)
    return Call("timedelta", (), ((unit, seconds // size),))
