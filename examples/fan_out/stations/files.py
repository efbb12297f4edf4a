"""The files of the stations, as their loggers write them."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from stations.folders import write_text

INBOX = Path(__file__).resolve().parents[1] / "data" / "inbox"
HOURS = 24


class StillWritingError(Exception):
    """The last line of a file is not there: its logger has not finished, or has lost its link."""


def find(inbox_dir: str | None) -> list[str]:
    """The paths of the files, in an order that no file system decides."""
    inbox = Path(inbox_dir) if inbox_dir else INBOX
    if not inbox.is_dir():
        raise NotADirectoryError(f"there is no folder {inbox}")
    return sorted(str(path) for path in inbox.glob("*.csv"))


def read(path: str, number: int, scratch: str) -> dict[str, Any]:
    """Put the hours of a file that can be used into the scratch folder, as ``<number>.json``.

    ``usable`` is their share of the day.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    if not lines or lines[-1] != "#end":
        raise StillWritingError(f"{Path(path).name} ends after {len(lines)} lines without `#end`")
    station = lines[0].removeprefix("#station ")
    hours: dict[str, float] = {}
    for row in csv.DictReader(lines[1:-1]):
        pm25 = _number(row["pm25"])
        if pm25 is not None:
            hours[row["hour"]] = pm25  # a logger that repeats itself means its last value
    place = Path(scratch) / f"{number}.json"
    write_text(place, json.dumps({"station": station, "hours": hours}))
    return {"station": station, "path": str(place), "usable": round(len(hours) / HOURS, 3)}


def _number(text: str | None) -> float | None:
    """A concentration in µg/m³, or None for what a sensor says when it does not know."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value < 1000 else None
