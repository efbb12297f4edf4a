"""How the values of a pipeline are read, converted and written as text."""

from __future__ import annotations

import datetime
import math
from typing import Any


def to_json(value: Any) -> Any:
    """The value in the types of JSON: tuples as lists, dates as ISO 8601 text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{value!r} is not a finite number")
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} of a map is not a string")
        return {key: to_json(item) for key, item in value.items()}
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    raise TypeError(f"a value of type {name} cannot be written as JSON")
