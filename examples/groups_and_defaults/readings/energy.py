"""Readings into energy: by site and hour, then over all sites."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from readings.collect import capacities
from readings.staging import read_json, write_json


def aggregate(
    site: str,
    path: str,
    gaps: list[dict[str, Any]],
    outliers: list[dict[str, Any]],
    min_coverage: float,
) -> dict[str, Any]:
    """The site's energy without the outliers. Raises where too little of the day is left."""
    refused = {(row["inverter"], row["hour"]) for row in outliers}
    by_hour: dict[int, float] = defaultdict(float)
    for row in read_json(Path(path)):
        if (row["inverter"], row["hour"]) not in refused:
            by_hour[row["hour"]] += row["kwh"]
    expected = 24 * len(capacities(site))
    missing = len(refused) + sum(len(gap["hours"]) for gap in gaps)
    coverage = round(1 - missing / expected, 3)
    if coverage < min_coverage:
        raise RuntimeError(f"{site}: only {coverage:.0%} of the day's readings can be used")
    result = {
        "site": site,
        "kwh": round(sum(by_hour.values()), 1),
        "coverage": coverage,
        "by_hour": {str(hour): round(kwh, 1) for hour, kwh in sorted(by_hour.items())},
    }
    write_json(Path(path).with_name(f"{site}.energy.json"), result)
    return {name: result[name] for name in ("site", "kwh", "coverage")}


def roll_up(by: str, staging: str) -> dict[str, float]:
    """The energy of all sites that this run aggregated, in kWh, by ``site`` or by ``hour``."""
    totals: dict[str, float] = defaultdict(float)
    for path in sorted(Path(staging).glob("*.energy.json")):
        site = read_json(path)
        if by == "site":
            totals[site["site"]] += site["kwh"]
        else:
            for hour, kwh in site["by_hour"].items():
                totals[f"{int(hour):02d}:00"] += kwh
    return {name: round(kwh, 1) for name, kwh in sorted(totals.items()) if kwh > 0}
