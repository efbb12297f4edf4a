"""How the values of a pipeline are read, converted and written as text."""

from __future__ import annotations

import datetime


def to_date(value: object) -> datetime.date:
    """A date of ISO 8601 text."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    raise TypeError(f"a value of type {type(value).__name__} is no date")
