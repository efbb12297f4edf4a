"""The typed changes between two canonical pipelines: what differs, and never whether it matters.

The walk is generic over the dataclasses of the IR, so that a field which is new there is compared
without a word here. Named things are paired by their names; where order has no meaning it is none.
Values are compared by their type too: `1` is not `true`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, Final

from dagglot.diagnostics.model import Span
from dagglot.diff.pairs import Renames, flat, pair_tasks, renamed
from dagglot.expressions.tree import Text
from dagglot.expressions.types import Type
from dagglot.expressions.unparse import is_expression, unparse
from dagglot.frozen import dataclass
from dagglot.ir.dump import UNORDERED
from dagglot.ir.model import (
    NOWHERE,
    AssetCondition,
    Dependency,
    Group,
    Pipeline,
    PythonBody,
    Task,
)


class Kind(Enum):
    """What became of a thing. Only pipelines, tasks and groups are moved: they have a history."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``before`` and ``after`` are values or nodes of the IR, None where there was
    nothing; ``owner`` and ``field`` name the place of the model that holds them."""

    kind: Kind
    steps: tuple[str, ...]
    before: Any
    after: Any
    owner: str
    field: str
    spans: tuple[Span | None, Span | None] = (None, None)

    @property
    def path(self) -> str:
        """``tasks.load.retries.count``, ``schedule.cron``."""
        return ".".join(self.steps)

    @property
    def task(self) -> str | None:
        """The id of the task that it is about."""
        return self.steps[1] if self.steps[:1] == ("tasks",) and len(self.steps) > 1 else None

    @property
    def span(self) -> Span | None:
        """The new place, else the old one."""
        return self.spans[1] or self.spans[0]


NOT_COMPARED: Final[Mapping[str, str]] = {
    "Pipeline.id": "what pairs are made by",
    "Pipeline.moved_from": "it says which pipeline this was",
    "Task.id": "what pairs are made by",
    "Task.group": "the beginning of the id",
    "Task.moved_from": "it says which task this was",
    "Group.id": "what pairs are made by",
    "Group.members": "their ids begin with its own",
    "Group.groups": "they are compared by themselves",
    "Group.moved_from": "it says which group this was",
    "Dependency.task": "an edge is there or not",
    "Param.name": "what pairs are made by",
    "Asset.name": "what pairs are made by",
    "Connection.name": "what pairs are made by",
    "Alert.name": "what pairs are made by",
    "Scenario.name": "what pairs are made by",
    "Check.name": "what pairs are made by",
    "CheckBody.name": "the end of its task's id",
    "CheckBody.of": "the beginning of its task's id",
    "BranchBody.choices": "they follow from the edges",
    "PythonBody.module": "the beginning of `call`",
    "PythonBody.function": "the end of `call`",
}
"""The fields of the IR that are no change by themselves, and why."""

NO_STEPS: Final = frozenset(
    {
        *("GateBody.call", "BranchBody.call", "CallWait.call", "SqlWait.query"),
        *("Check.look", "CheckBody.look"),
    }
)
"""Nodes whose keys stand in a document at what holds them, as those of a task's body do."""

KEYS: Final[Mapping[str, str]] = {
    "BranchBody.otherwise": "else",
    "BranchCase.condition": "if",
    "GateBody.condition": "if",
    "ForEach.items": "in",
    "Deadline.from_": "from",
}
"""What a document calls a field, where that is no name in Python or says little there."""

_ABSENT: Final = object()
_WHOLE: Final = (AssetCondition,)
"""Nodes that say one thing, which is read better as one."""


def compare(before: Pipeline, after: Pipeline) -> tuple[Change, ...]:
    """Every change from one pipeline to what became of it, in the order of the model.

    References to what was renamed are no changes: before anything is compared, the old pipeline
    is told the new ids.
    """
    pairs = pair_tasks(before, after)
    walk = _Walk()
    for names in (pairs.groups, pairs.tasks):
        walk.moved(before, after, names)
    walk.node(renamed(before, Renames(pairs.tasks, pairs.groups)), after, ())
    return tuple(walk.changes)


@cache
def compared_fields(kind: Any) -> tuple[str, ...]:
    """The fields of a node that are walked; of a call its one key in a document."""
    call = ("call",) if kind is PythonBody else ()
    return call + tuple(
        one.name
        for one in fields(kind)
        if one.compare and f"{kind.__name__}.{one.name}" not in NOT_COMPARED
    )


def is_node(value: Any) -> bool:
    """Whether a value is a node of the IR, and no value of a document."""
    return hasattr(value, "__dataclass_fields__") and not (
        is_expression(value) or isinstance(value, Text | Type)
    )


class _Walk:
    """Collects changes. ``self.at`` are the nearest nodes above that know places, and how many
    steps led to them."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.at: tuple[tuple[Any, int], tuple[Any, int]] = ((None, 0), (None, 0))
        self.own: tuple[Any, Any] = (None, None)

    def node(self, before: Any, after: Any, steps: tuple[str, ...]) -> None:
        """Two nodes of one class."""
        if before is after:
            return
        kind: Any = type(after)
        at, own = self.at, self.own
        if hasattr(after, "places"):
            self.at = ((before, len(steps)), (after, len(steps)))
        self.own = (getattr(before, "span", None), getattr(after, "span", None))
        for name in compared_fields(kind):
            old, new = _held(before, name), _held(after, name)
            if old is not new:
                flat = name == "body" or (
                    f"{kind.__name__}.{name}" in NO_STEPS and type(old) is type(new)
                )
                path = steps if flat else (*steps, KEYS.get(f"{kind.__name__}.{name}", name))
                self.value(old, new, path, kind.__name__, name)
        self.at, self.own = at, own

    def value(self, old: Any, new: Any, steps: tuple[str, ...], owner: str, field: str) -> None:
        """What one field holds, or an entry of it."""
        if is_node(old) and is_node(new) and not isinstance(new, _WHOLE):
            if type(old) is type(new):
                self.node(old, new, steps)
            else:
                what = (*steps, "type") if field == "body" else steps
                self.add(old, new, what, owner, field)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in (*old, *(key for key in new if key not in old)):
                one, other = old.get(key, _ABSENT), new.get(key, _ABSENT)
                self.value(one, other, (*steps, str(key)), owner, field)
        elif isinstance(old, tuple) and isinstance(new, tuple):
            self.items(old, new, steps, owner, field)
        elif not same(old, new):
            self.add(old, new, steps, owner, field)

    def items(
        self,
        old: tuple[Any, ...],
        new: tuple[Any, ...],
        steps: tuple[str, ...],
        owner: str,
        field: str,
    ) -> None:
        """Two lists: of named things, of words without order, of nodes in order, or a value."""
        some = (*old, *new)
        if field == "groups":
            old, new = tuple(flat(old)), tuple(flat(new))
        if some and _name(some[0]) is not None:
            ones, others = ({_name(item): item for item in part} for part in (old, new))
            for name in (*ones, *(name for name in others if name not in ones)):
                one, other = ones.get(name, _ABSENT), others.get(name, _ABSENT)
                if not (isinstance(one, Dependency) and isinstance(other, Dependency)):
                    self.value(one, other, (*steps, str(name)), owner, field)
        elif field in ("to", "otherwise") and len(old) == len(new) == 1:
            self.value(old[0], new[0], steps, owner, field)
        elif field in UNORDERED and not any(is_node(item) for item in some):
            for word in dict.fromkeys(some):
                if (word in old) is not (word in new):
                    one, other = (word if word in part else _ABSENT for part in (old, new))
                    self.add(one, other, (*steps, str(word)), owner, field)
        elif some and is_node(some[0]):
            for index in range(max(len(old), len(new))):
                one, other = (part[index] if index < len(part) else _ABSENT for part in (old, new))
                self.value(one, other, (*steps, str(index)), owner, field)
        elif not same(old, new):
            self.add(old, new, steps, owner, field)

    def add(self, old: Any, new: Any, steps: tuple[str, ...], owner: str, field: str) -> None:
        """A change; nothing and an empty text are the same."""
        kind = Kind.CHANGED
        if _is_empty(old) and (old is _ABSENT or new is not _ABSENT):
            kind = Kind.ADDED
        elif _is_empty(new):
            kind = Kind.REMOVED
        before, after = (None if one is _ABSENT else one for one in (old, new))
        spans = (
            None if kind is Kind.ADDED else self.place(0, old, steps),
            None if kind is Kind.REMOVED else self.place(1, new, steps),
        )
        self.changes.append(Change(kind, steps, before, after, owner, field, spans))

    def moved(self, before: Pipeline, after: Pipeline, names: Mapping[str, str]) -> None:
        """Tasks and groups that have another id."""
        olds, news = _things(before), _things(after)
        for old, new in names.items():
            one, other = olds[old], news[new]
            what = "tasks" if isinstance(other, Task) else "groups"
            self.changes.append(
                Change(
                    Kind.MOVED, (what, new), one, other, "Pipeline", what, (one.span, other.span)
                )
            )

    def place(self, side: int, value: Any, steps: tuple[str, ...]) -> Span | None:
        """Where a value stands, as exactly as is known; None where that is nowhere."""
        own = getattr(value, "span", None)
        if own and own != NOWHERE:
            return Span(*own)
        holder, depth = self.at[side]
        places = getattr(holder, "places", {})
        rest = steps[depth:]
        whole, own = getattr(holder, "span", None), self.own[side]
        spans = [places.get(".".join(rest)), own if own != whole else None]
        spans += [places.get(".".join(rest[:end])) for end in range(len(rest) - 1, 0, -1)]
        spans.append(whole)
        return next((span for span in spans if span is not None and span != NOWHERE), None)


def _held(node: Any, name: str) -> Any:
    if name == "call" and isinstance(node, PythonBody):
        return f"{node.module}:{node.function}"
    return getattr(node, name)


def _is_empty(value: Any) -> bool:
    return value is None or value is _ABSENT or (isinstance(value, str) and not value)


def same(old: Any, new: Any) -> bool:
    """Whether two values of documents are alike, in their types too; expressions by their text."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if type(old) is not type(new):
        return False
    if isinstance(old, Text):
        return same(old.parts, new.parts)
    if is_expression(old):
        return unparse(old) == unparse(new)
    if isinstance(old, Type):
        return str(old) == str(new) and same(old.members, new.members)
    return bool(old == new)


def _things(pipeline: Pipeline) -> dict[str, Task | Group]:
    """The tasks and groups, by id."""
    found: dict[str, Task | Group] = {one.id: one for one in pipeline.tasks}
    return found | {one.id: one for one in flat(pipeline.groups)}


def _name(item: Any) -> str | None:
    """What a thing of a list is known by."""
    if isinstance(item, Dependency):
        return item.task
    if not is_node(item):
        return None
    found = getattr(item, "id", None) or getattr(item, "name", None)
    return found if isinstance(found, str) else None
