"""Operators that differ from Airflow's own in one point."""

from __future__ import annotations

from typing import Any


def each(operator: Any) -> Any:
    """The operator with an `item` to expand over, which templates know as `task.item`."""

    class Each(operator):
        def __init__(self, *, item: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.item = item

    Each.__name__ = Each.__qualname__ = operator.__name__
    return Each
