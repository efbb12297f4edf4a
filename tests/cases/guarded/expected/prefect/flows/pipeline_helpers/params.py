"""Types of flow parameters where pydantic's own take more than the pipeline does."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator


def iso_datetime(timezone: str) -> BeforeValidator:
    """A time as ISO 8601 text; one without an offset is in the time zone."""

    def to_datetime(value: Any) -> datetime:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            raise ValueError("a time is ISO 8601 text, such as 2026-01-31T06:00:00")
        return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(timezone))

    return BeforeValidator(to_datetime)
