"""The gatekeeper: nothing is loaded unless every region's export is fit to be loaded."""

from __future__ import annotations

from typing import Any

from orders.exports import BrokenExportError, read_export


def check_exports(regions: list[str], min_rows: int, bad_rows: str) -> dict[str, Any]:
    """Count what would be loaded. Raises `BrokenExportError` for a file that must not be.

    ``min_rows`` guards against exports that were cut off; ``bad_rows`` is ``skip`` or ``fail``.
    """
    counts: dict[str, dict[str, int]] = {}
    problems: list[str] = []
    for region in regions:
        export = read_export(region)
        for row in export.rejected:
            print(f"{region}.csv:{row.line}: {row.reason}")
        if export.rejected and bad_rows == "fail":
            problems.append(f"{region}: {len(export.rejected)} bad rows")
        if len(export.orders) < min_rows:
            problems.append(f"{region}: {len(export.orders)} orders, expected at least {min_rows}")
        counts[region] = {
            "orders": len(export.orders),
            "rejected": len(export.rejected),
            "repeated": export.repeated,
        }
    if problems:
        raise BrokenExportError("; ".join(problems))
    return {
        "regions": counts,
        "orders": sum(count["orders"] for count in counts.values()),
        "rejected": sum(count["rejected"] for count in counts.values()),
    }
