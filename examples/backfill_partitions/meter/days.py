"""What is known of each day: a file for each, which a later run of that day replaces."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any


def store(day: date, readings: dict[str, Any], folder: str) -> str:
    """Write the day's file, and say where it is."""
    path = Path(folder) / f"{day.isoformat()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}")  # two runs may work on one day
    half.write_text(json.dumps({"day": day.isoformat(), **readings}))
    half.replace(path)
    return str(path)


def month(month: str, folder: str) -> str:
    """The sum of the days of a month that have a file."""
    found = [json.loads(path.read_text()) for path in sorted(Path(folder).glob(f"{month}-*.json"))]
    total = sum(one["kwh"] for one in found)
    return f"{month}: {total:.1f} kWh in {len(found)} days"
