"""A page for whoever is up first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_LINE = "{:<12}{:>8}{:>8}{:>14}"


def build(day: str, orders: int, revenue: list[dict[str, Any]], folder: str) -> dict[str, Any]:
    """Write the report of a day, and tell its path and its sums."""
    total = {key: sum(row[key] for row in revenue) for key in ("orders", "sold", "revenue")}
    lines = [f"Sales of {day}", "", _LINE.format("category", "orders", "sold", "revenue EUR")]
    for row in [*revenue, {"category": "total", **total}]:
        money = f"{row['revenue']:,.2f}"
        lines.append(_LINE.format(row["category"], row["orders"], row["sold"], money))
    lines += ["", f"{orders} orders were exported; those cancelled are not in the sums."]
    path = Path(folder, f"sales-{day}.txt")
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(part, path)
    return {"path": str(path), "orders": total["orders"], "revenue": round(total["revenue"], 2)}
