"""What names mean at a place in a document, and what is said when they mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from typing import Any
from typing import Literal as OneOf

from dagglot.expressions.types import JSON, Type
from dagglot.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an expression, `length` characters from `offset` of its scalar."""

    kind: OneOf["syntax", "unknown-name", "not-allowed", "type", "unclosed"]
    offset: int
    length: int
    message: str
    help: str | None = None


def _no_task(_path: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that may stand in an expression at one place.

    `constants` are the roots known at compile time (`vars`, `matrix`, `build`) with their values.
    `resolve_task` takes a path as it was written after `tasks.` and gives the full id.
    `run_time=False`: only what is known at compile time may stand here.
    """

    params: Mapping[str, Type] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    resolve_task: Callable[[str], str | None] = _no_task
    task_names: Collection[str] = ()
    partition: OneOf["none", "time", "keys"] = "none"
    partition_keys: tuple[str, ...] = ()
    for_each: bool = False
    secrets: bool = False
    connections: Collection[str] = ()
    event: bool = False
    run_time: bool = True
    meanings: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What `parse.meaning` found of whole scalars: the same ones stand in many places."""
