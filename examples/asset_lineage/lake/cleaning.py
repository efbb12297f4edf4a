"""Orders that can be added up."""

from pathlib import Path

from lake.files import read_rows, write_rows


def clean(lake):
    """Of an order that was exported twice, the later line counts."""
    orders = {}
    rejected = 0
    rows = read_rows(Path(lake) / "raw_orders.csv")
    for row in rows:
        if row["order"] and _is_number(row["amount"]):
            orders[row["order"]] = row
        else:
            rejected += 1
    write_rows(Path(lake) / "orders.csv", list(orders.values()))
    return {"read": len(rows), "kept": len(orders), "rejected": rejected}


def is_each_once(lake):
    ids = [row["order"] for row in read_rows(Path(lake) / "orders.csv")]
    return len(ids) == len(set(ids))


def are_few(rejected, of):
    return rejected <= of / 20


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
