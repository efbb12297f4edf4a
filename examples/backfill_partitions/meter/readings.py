"""An electricity meter that is read every hour. This one is invented, and always says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


def between(start: datetime, end: datetime) -> dict[str, float]:
    """How many readings there are from `start` to just before `end`, and their sum."""
    found = []
    moment = start.astimezone(UTC)  # elapsed time: clocks may change on the way
    while moment < end.astimezone(UTC):
        found.append(reading(moment.astimezone(start.tzinfo)))
        moment += HOUR
    return {"hours": len(found), "kwh": round(sum(found), 1)}


def reading(moment: datetime) -> float:
    """The kilowatt-hours of the hour from a moment on: people are there from eight to eight."""
    busy = 8 <= moment.hour < 20 and moment.weekday() < 5
    return (18.5 if busy else 4.5) + moment.day * 0.1
