"""What a rule is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from dagglot.diagnostics.model import Rule
from dagglot.diff.compare import Change, Kind
from dagglot.diff.pairs import pair_tasks
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline, Task


class Risk(Enum):
    """How much a change weighs. What nobody can decide counts as much as what is to be reviewed."""

    BREAKING = "breaking"
    REVIEW = "review"
    UNDECIDABLE = "undecidable"
    SAFE = "safe"
    COSMETIC = "cosmetic"

    @property
    def weight(self) -> int:
        """More is worse."""
        return len(ORDER) - ORDER.index(self)


ORDER = tuple(Risk)


@dataclass(frozen=True, slots=True)
class Sides:
    """A pipeline before and after, all that there are after, and the instant to look on from."""

    before: Pipeline
    after: Pipeline
    others: Sequence[Pipeline]
    since: datetime

    def task(self, change: Change) -> Task | None:
        """The task that a change is about, as it is now; None where it is gone."""
        return next((one for one in self.after.tasks if one.id == change.task), None)

    def old_task(self, change: Change) -> Task | None:
        """The same as it was; None where it is new."""
        names = {new: old for old, new in pair_tasks(self.before, self.after).tasks.items()}
        id = names.get(change.task or "", change.task)
        return next((one for one in self.before.tasks if one.id == id), None)


@dataclass(frozen=True, slots=True)
class FireTime:
    """An instant that one side alone names, in the schedule's zone."""

    time: datetime
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a change means: the rule, what it weighs here, and one sentence; of fire times the first
    that differ."""

    rule: Rule
    risk: Risk
    consequence: str
    fire_times: tuple[FireTime, ...] = ()


Judge: TypeAlias = Callable[[Change, Sides], Verdict]


def says(
    rule: Rule,
    consequence: str,
    risk: Risk | None = None,
    fire_times: tuple[FireTime, ...] = (),
) -> Verdict:
    """A verdict, with the rule's own risk where no other is given."""
    return Verdict(rule, risk or Risk(rule.risk), consequence, fire_times)


def gone(change: Change) -> bool:
    """Whether something is not there any more."""
    return change.kind is Kind.REMOVED


def came(change: Change) -> bool:
    """Whether something was not there before."""
    return change.kind is Kind.ADDED


def counted(number: int, thing: str) -> str:
    """ "1 run", "3 runs"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def some(names: Sequence[str], most: int = 3) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"`{name}`" for name in names[:most]) + more
