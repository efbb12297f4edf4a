"""The folders that the shop drops, one for each day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

HERE = Path(__file__).parent.parent
EXPORTS = HERE / "data" / "exports"
TABLES = ("orders", "customers", "products")


def find(day: date | None, folder: str) -> dict[str, str]:
    """The files of a day, by default the latest; and where the dbt project is."""
    days = sorted(path.name for path in EXPORTS.iterdir() if path.is_dir())
    chosen = max(days) if day is None else day.isoformat()
    if chosen not in days:
        raise FileNotFoundError(f"no export of {chosen}; there are {', '.join(days)}")
    files = {table: EXPORTS / chosen / f"{table}.csv" for table in TABLES}
    missing = [path.name for path in files.values() if not path.is_file()]
    if missing:
        raise FileNotFoundError(f"the export of {chosen} lacks {', '.join(missing)}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = {table: str(path) for table, path in files.items()}
    print(f"the export of {chosen}")
    return {"day": chosen, "project": str(HERE / "dbt"), **paths}
