"""What tasks return that decide about other tasks."""

from __future__ import annotations

from typing import Any


def as_items(value: Any) -> list[Any]:
    """The list that a task is expanded over."""
    if not isinstance(value, list):
        raise TypeError(f"a list is wanted, not {type(value).__name__}")
    return value
