"""The gatekeeper: nothing is loaded unless every export that has arrived is fit to be loaded."""

from __future__ import annotations

from typing import Any

from orders.exports import BrokenExportError, exports_folder, read_export, regions_in


def check_exports(exports_dir: str | None, min_rows: int, bad_rows: str) -> dict[str, Any]:
    """Count what would be loaded. Raises `BrokenExportError` for a file that must not be.

    ``regions`` has one entry for each export: what the pipeline fans out over. ``min_rows`` guards
    against exports that were cut off; ``bad_rows`` is ``skip`` or ``fail``.
    """
    folder = exports_folder(exports_dir)
    regions: list[dict[str, Any]] = []
    problems: list[str] = []
    for region in regions_in(folder):
        export = read_export(region, folder)
        for row in export.rejected:
            print(f"{region}.csv:{row.line}: {row.reason}")
        if export.rejected and bad_rows == "fail":
            problems.append(f"{region}: {len(export.rejected)} bad rows")
        if len(export.orders) < min_rows:
            problems.append(f"{region}: {len(export.orders)} orders, expected at least {min_rows}")
        regions.append(
            {
                "region": region,
                "orders": len(export.orders),
                "rejected": len(export.rejected),
                "repeated": export.repeated,
            }
        )
    if problems:
        raise BrokenExportError("; ".join(problems))
    return {"regions": regions, "rejected": sum(one["rejected"] for one in regions)}
