"""The morning's report, made of what the loads returned."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from orders.results import results_folder


def build(
    day: date, loads: list[dict[str, Any]], rejected: int, results_dir: str | None
) -> dict[str, Any]:
    """Write the report of a day, and return where it is with the totals.

    ``day`` is a real `datetime.date`: expressions keep their type in ``args``.
    """
    text = render(day, loads, rejected)
    path = results_folder(results_dir) / f"orders-{day.isoformat()}.txt"
    _write_atomically(path, text)
    return {
        "path": str(path),
        "orders": sum(load["orders"] for load in loads),
        "revenue_eur_cents": sum(load["revenue_eur_cents"] for load in loads),
    }


def render(day: date, loads: list[dict[str, Any]], rejected: int) -> str:
    """The report's text: a line for each region, best first, and the total."""
    ranked = sorted(loads, key=lambda load: (-load["revenue_eur_cents"], load["region"]))
    total = {
        "region": "total",
        **{
            name: sum(load[name] for load in loads)
            for name in ("orders", "sold", "revenue_eur_cents")
        },
    }
    lines = [
        f"Orders loaded on {day.isoformat()}",
        "",
        f"{'region':<10}{'orders':>8}{'sold':>8}{'revenue EUR':>14}",
        *(
            f"{load['region']:<10}{load['orders']:>8}{load['sold']:>8}"
            f"{load['revenue_eur_cents'] / 100:>14,.2f}"
            for load in (*ranked, total)
        ),
        "",
        f"{rejected} rows were rejected; the log of `validate` names them.",
    ]
    return "\n".join(lines) + "\n"


def _write_atomically(path: Path, text: str) -> None:
    """A reader, or a second run of the same day, never sees half a report."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(text)
    os.replace(file.name, path)
