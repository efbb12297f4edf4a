"""The raw readings of a site into the staging folder, one for each inverter and hour."""

from __future__ import annotations

import csv
import math
from datetime import datetime
from pathlib import Path
from typing import Any

from readings.staging import write_json

DATA = Path(__file__).resolve().parents[1] / "data"


def collect(site: str, staging: str) -> dict[str, Any]:
    """Stage the readings that are numbers. Loggers repeat themselves: the last one counts."""
    readings: dict[tuple[str, int], float] = {}
    unreadable = 0
    with (DATA / f"{site}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                kwh = float(row["kwh"])
            except ValueError:
                kwh = math.nan
            if not math.isfinite(kwh):
                unreadable += 1
                continue
            hour = datetime.fromisoformat(row["read_at"].replace("Z", "+00:00")).hour
            readings[row["inverter"], hour] = kwh
    path = Path(staging) / f"{site}.readings.json"
    write_json(
        path,
        [
            {"inverter": inverter, "hour": hour, "kwh": kwh}
            for (inverter, hour), kwh in sorted(readings.items())
        ],
    )
    return {"path": str(path), "readings": len(readings), "unreadable": unreadable}


def capacities(site: str) -> dict[str, float]:
    """What each inverter of a site can deliver, in kW: in one hour, as many kWh."""
    with (DATA / "inverters.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["inverter"]: float(row["capacity_kw"])
            for row in csv.DictReader(file)
            if row["site"] == site
        }
