"""What the shop exported."""

from pathlib import Path

from lake.files import read_rows, write_rows

EXPORTS = Path(__file__).parent.parent / "data"


def bring_in(name, lake):
    rows = read_rows(EXPORTS / f"{name}.csv")
    path = Path(lake) / f"raw_{name}.csv"
    write_rows(path, rows)
    return {"rows": len(rows), "path": str(path)}


def has_rows(brought):
    return brought["rows"] > 0
