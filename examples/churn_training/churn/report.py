"""What a training came to, for people."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any


def build(
    day: date,
    candidates: list[dict[str, Any]],
    challenger: dict[str, Any],
    comparison: dict[str, Any],
    deployed: dict[str, Any] | None,
    models: str,
) -> dict[str, Any]:
    """Write the report. ``deployed`` is None where the champion stays."""
    text = render(day, candidates, challenger, comparison, deployed is not None)
    print(text, end="")
    path = Path(models) / f"churn-{day.isoformat()}.txt"
    path.write_text(text, encoding="utf-8")
    return {"path": str(path), "deployed": deployed is not None}


def render(
    day: date,
    candidates: list[dict[str, Any]],
    challenger: dict[str, Any],
    comparison: dict[str, Any],
    deployed: bool,
) -> str:
    """The candidates, best first; then the challenger against nothing and against the champion."""
    ranked = sorted(candidates, key=lambda one: (-one["auc"], one["name"]))
    champion = comparison["champion"]
    against = (
        "no champion yet" if champion is None else f"champion {champion} {comparison['auc']:.3f}"
    )
    lines = [
        f"Churn models of {day.isoformat()}",
        "",
        f"{'candidate':<16}{'AUC':>7}{'spread':>9}",
        *(f"{one['name']:<16}{one['auc']:>7.3f}{one['spread']:>9.3f}" for one in ranked),
        "",
        f"challenger {challenger['name']} on held-out customers: AUC {challenger['auc']:.3f}, "
        f"accuracy {challenger['accuracy']:.3f} (always the same answer: "
        f"{challenger['baseline_accuracy']:.3f})",
        f"{against}: {'deployed' if deployed else 'the champion stays'}",
    ]
    return "\n".join(lines) + "\n"
