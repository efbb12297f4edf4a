"""Types of flow parameters where pydantic's own take more than the pipeline does."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator


def _to_date(value: Any) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise ValueError("a date is ISO 8601 text, such as 2026-01-31")
    return date.fromisoformat(value)


IsoDate = Annotated[date, BeforeValidator(_to_date)]
"""A date as ISO 8601 text: pydantic would take a number for one."""
