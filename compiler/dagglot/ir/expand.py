"""Compile-time values: ``vars``, ``build`` and ``matrix``, put in their places in the document.

They may stand where the IR has a number or a duration, so they are replaced in the plain document,
before the IR is built; the document is then validated once more. Expressions that need a run are
left as they are.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import is_
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.parse import Scope, meaning
from dagglot.expressions.unparse import needs_run
from dagglot.ir.model import Json
from dagglot.source import Map, Seq, placed

Constants = Mapping[str, Mapping[str, Json]]


class Plain(str):
    """Text in which a ``${{`` is meant as it stands: an escape that was replaced already."""

    __slots__ = ()


class Open(str):
    """Text that needs a run, in a copy of a matrix: it knows the values of its copy."""

    __slots__ = ("constants",)
    constants: Constants

    def __new__(cls, text: str, constants: Constants) -> Open:
        made = super().__new__(cls, text)
        made.constants = constants
        return made


@dataclass(slots=True, eq=False, repr=False)
class Expanded:
    """A document without compile-time expressions.

    ``copies`` tells, for a ``tasks`` mapping (by identity), which ids an id with a matrix became;
    ``constants`` are the values that were put in.
    """

    value: Map
    constants: Constants
    copies: dict[int, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    changed: bool = False
    of_copies: dict[int, Constants] = field(default_factory=dict)
    """The constants of a task that a matrix copied, by the identity of its mapping."""


def expand(
    document: Map,
    constants_with: Callable[[Mapping[str, Json]], Constants],
    found: list[Diagnostic],
) -> list[Expanded]:
    """The document with its constants in place: one, or one for each copy of a pipeline matrix.

    ``constants_with`` gives the constants of a copy from the values of its matrix.
    """
    matrix = document.get("matrix")
    if matrix is None:
        return [Expander(constants_with({}), found).document(document)]
    made = []
    values = Expander(constants_with({}), found).inside(document, "matrix")
    for combination in _combinations(document, "matrix", values, found):
        inner = constants_with(combination)
        copy = document.copy_as(
            {key: value for key, value in document.items() if key != "matrix"}, document.marks
        )
        made.append(Expander(inner, found).document(copy))
    return made


class Expander:
    """Replaces what is known at compile time; the rest stays as it was written."""

    def __init__(self, constants: Constants, found: list[Diagnostic]) -> None:
        self.enter(constants)
        self.found = found
        self.copies: dict[int, dict[str, tuple[str, ...]]] = {}
        self.of_copies: dict[int, Constants] = {}
        self.changed = False
        self.made = 0
        self.full = False

    def enter(self, constants: Constants) -> None:
        self.constants = constants
        self.scope = Scope(constants=constants, run_time=False)

    def document(self, document: Map) -> Expanded:
        entries = {
            key: self.tasks(value)
            if key == "tasks" and isinstance(value, Map)
            else self.inside(document, key)
            for key, value in document.items()
        }
        made = document.copy_as(entries, document.marks)
        return Expanded(made, self.constants, self.copies, self.changed, self.of_copies)

    def tasks(self, tasks: Map) -> Map:
        entries: dict[str, Any] = {}
        marks: dict[str, tuple[Any, Any]] = {}
        copies: dict[str, tuple[str, ...]] = {}
        for id, task in tasks.items():
            if not isinstance(task, Map):
                entries[id], marks[id] = self.inside(tasks, id), tasks.marks[id]
                continue
            if "matrix" not in task or task["matrix"] is None:
                entries[id], marks[id] = self.task(task), tasks.marks[id]
                continue
            names = []
            self.changed = True
            values = self.inside(task, "matrix")
            for combination in _combinations(task, "matrix", values, self.found):
                self.made += 1
                if self.made > MAX_TASKS:
                    break
                name = copy_id(id, combination, by_first=isinstance(values, list))
                if name in entries or name in tasks:
                    self.found.append(
                        codes.MATRIX_COPIES_ALIKE.at(task.span("matrix"), task=id, copy=name)
                    )
                    continue
                outer, scope = self.constants, self.scope
                self.enter({**outer, "matrix": {**outer.get("matrix", {}), **combination}})
                rest = {key: value for key, value in task.items() if key != "matrix"}
                entries[name] = self.task(task.copy_as(rest, task.marks))
                marks[name] = tasks.marks[id]
                self.constants, self.scope = outer, scope
                names.append(name)
            copies[id] = tuple(names)
            if self.made > MAX_TASKS and not self.full:
                self.full = True
                message = f"the matrices of this pipeline make more than {MAX_TASKS:,} copies"
                self.found.append(codes.TOO_MANY_COPIES.at(task.span("matrix"), message=message))
        made = tasks.copy_as(entries, marks)
        if copies:
            self.copies[id_of(made)] = copies
        return made

    def task(self, task: Map) -> Map:
        inner = task.get("tasks")
        if isinstance(inner, Map):
            entries = {
                key: self.tasks(inner) if key == "tasks" else self.inside(task, key) for key in task
            }
            return task.copy_as(entries, task.marks)
        made: Map = self.replace(task)
        if "matrix" in self.constants:
            if made is task:  # each copy has an identity of its own
                made = task.copy_as(task, task.marks)
            self.of_copies[id_of(made)] = self.constants
        return made

    def inside(self, holder: Map | Seq, key: Any) -> Any:
        """The value of a key with its constants in place; data that was put in has its place."""
        made = self.replace(holder[key])
        if isinstance(made, (Map, Seq)) or not isinstance(made, (dict, list)):
            return made
        mark = holder.marks[key]
        return placed(made, mark[1] if isinstance(mark, tuple) else mark, holder)

    def replace(self, value: Any) -> Any:
        """The value with its constants in place; the same object where nothing changes."""
        if isinstance(value, str):
            if "${{" not in value:
                return value
            if _RUN_TIME(value):
                return self.open(value)
            constant_value, problems = meaning(value, self.scope)
            if problems or needs_run(constant_value):
                return self.open(value)
            self.changed = True
            if isinstance(constant_value, str) and "${{" in constant_value:
                return Plain(constant_value)
            return thaw(constant_value)
        if isinstance(value, Map):
            changed = {}
            for key, item in value.items():
                if _may_change(item) and (made := self.inside(value, key)) is not item:
                    changed[key] = made
            return value.copy_as({**value, **changed}, value.marks) if changed else value
        if isinstance(value, Seq):
            if not any(map(_may_change, value)):
                return value
            items = [self.inside(value, index) for index in range(len(value))]
            if all(map(is_, items, value)):
                return value
            return value.copy_as(items)
        return value

    def open(self, text: str) -> str:
        """Text that needs a run, or is wrong: the builder tells which."""
        return Open(text, self.constants) if "matrix" in self.constants else text


def _may_change(value: Any) -> bool:
    """Whether a value may hold an expression: most of a document are texts and numbers."""
    return "${{" in value if isinstance(value, str) else isinstance(value, (Map, Seq))


_RUN_TIME: Final = re.compile(
    r"\$\{\{\s*(?:params|run|partition|tasks|item|index|secrets|connections|event)\b"
).match
"""A value that begins with a name that has no meaning before a run: it need not be parsed."""


def id_of(tasks: Map) -> int:
    """The key of ``Expanded.copies`` for a ``tasks`` mapping."""
    return id(tasks)


MAX_COPIES: Final = 1_000
"""Copies of one matrix."""
MAX_TASKS: Final = 10_000
"""Copies that the matrices of a pipeline make together: one in another multiplies."""


def too_many(count: int, holder: Map, key: str, found: list[Diagnostic]) -> bool:
    """Whether a matrix makes more copies than it may, and if so, report it."""
    if count > MAX_COPIES:
        message = f"a matrix makes at most {MAX_COPIES:,} copies, and this one {count:,}"
        found.append(codes.TOO_MANY_COPIES.at(holder.span(key), message=message))
    return count > MAX_COPIES


def _combinations(
    holder: Map, key: str, matrix: Any, found: list[Diagnostic]
) -> Iterator[dict[str, Json]]:
    if isinstance(matrix, dict):
        names = list(matrix)
        columns = [matrix[name] for name in names]
        if not names or any(not isinstance(column, list) or not column for column in columns):
            found.append(codes.MATRIX_EMPTY.at(holder.span(key)))
            return
        if too_many(math.prod(map(len, columns)), holder, key, found):
            return
        for values in itertools.product(*columns):
            yield {name: freeze(item) for name, item in zip(names, values, strict=True)}
    elif isinstance(matrix, list) and matrix and all(isinstance(row, dict) for row in matrix):
        if too_many(len(matrix), holder, key, found):
            return
        for row in matrix:
            yield {name: freeze(item) for name, item in row.items()}
    else:
        found.append(codes.MATRIX_EMPTY.at(holder.span(key)))


def freeze(value: Any) -> Json:
    """Plain data with lists as tuples, so that it can be part of a frozen value."""
    if isinstance(value, dict):
        return {str(name): freeze(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(freeze(item) for item in value)
    return str(value) if isinstance(value, str) else value


def thaw(value: Any) -> Any:
    """Frozen data as plain data again: tuples as lists, which is what JSON has."""
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    if isinstance(value, Mapping):
        return {name: thaw(item) for name, item in value.items()}
    return value


_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")


def copy_id(id: str, combination: Mapping[str, Json], *, by_first: bool) -> str:
    """The id of one copy: ``train__seed_1``; of a list of mappings, the first name's value."""
    items = list(combination.items())[: 1 if by_first else None]
    words = [f"{name}_{_word(value)}" for name, value in items]
    return "__".join([id, *words])


def _word(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    # of a word in another script, the numbers of its letters
    letters = "_".join(f"u{ord(letter):04x}" for letter in text[:8])
    return _UNFIT.sub("_", text).strip("_") or letters or "none"
