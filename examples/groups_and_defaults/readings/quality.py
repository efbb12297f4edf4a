"""What is missing from a site's readings, and what cannot be true."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from readings.collect import capacities
from readings.staging import read_json

STUCK_HOURS = 4
"""So many equal readings above zero in a row mean that the logger repeats an old value."""


def gaps(site: str, path: str) -> list[dict[str, Any]]:
    """The hours without a reading, by inverter."""
    seen = {(row["inverter"], row["hour"]) for row in read_json(Path(path))}
    found = []
    for inverter in capacities(site):
        hours = [hour for hour in range(24) if (inverter, hour) not in seen]
        if hours:
            found.append({"inverter": inverter, "hours": hours})
    return found


def outliers(site: str, path: str) -> list[dict[str, Any]]:
    """The readings that cannot be true: negative, beyond the inverter's capacity, or stuck."""
    limits = capacities(site)
    found: list[dict[str, Any]] = []
    for inverter, rows in groupby(read_json(Path(path)), key=lambda row: row["inverter"]):
        for kwh, equal in groupby(rows, key=lambda row: row["kwh"]):
            hours = [row["hour"] for row in equal]
            reason = None
            if kwh < 0:
                reason = "negative"
            elif kwh > limits[inverter]:
                reason = "beyond capacity"
            elif kwh > 0 and len(hours) >= STUCK_HOURS:
                reason = "stuck"
            if reason is not None:
                found.extend(
                    {"inverter": inverter, "hour": hour, "kwh": kwh, "reason": reason}
                    for hour in hours
                )
    return found
