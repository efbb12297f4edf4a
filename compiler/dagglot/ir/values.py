"""What values of the document are in the IR, and the places that nodes keep of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

from dagglot.diagnostics.model import Span
from dagglot.expressions.tree import Expression, Text

Scalar: TypeAlias = None | bool | int | float | str
Value: TypeAlias = "Scalar | Expression | Text | tuple[Value, ...] | Mapping[str, Value]"
"""A value of the document: plain data in which expressions may stand anywhere."""
Json: TypeAlias = "Scalar | tuple[Json, ...] | Mapping[str, Json]"

NOWHERE = Span("", 0, 0, 0, 0)


def span_field() -> Span:
    return field(default=NOWHERE, compare=False, repr=False)


Places: TypeAlias = Mapping[str, Span]


def places_field() -> Places:
    """Where the value of each key stands."""
    return field(default_factory=dict, compare=False, repr=False)
