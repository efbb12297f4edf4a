"""How a task ends, and why."""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

from dagglot.frozen import dataclass


class State(Enum):
    """The final state of a task, in Airflow's words (semantics.md, "Task states")."""

    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    """Never ran, because a failure reached it."""

    @property
    def is_bad(self) -> bool:
        return self is State.FAILED or self is State.UPSTREAM_FAILED


RunState: TypeAlias = Literal["success", "failed"]


@dataclass(frozen=True, slots=True)
class Cause:
    """A task instance that decided about another."""

    task: str
    index: int | None
    state: State


@dataclass(frozen=True, slots=True)
class Why:
    """Why an instance ended as it did: a sentence, and the instances that decided."""

    text: str
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """One entry of a trace: a task, or one element of a mapped one.

    ``attempts`` is 0 where the body never ran. ``output`` is None unless it succeeded.
    """

    task: str
    index: int | None
    state: State
    attempts: int
    output: object
    why: Why

    @property
    def name(self) -> str:
        return self.task if self.index is None else f"{self.task}[{self.index}]"
