"""Files that are whole, or not there."""

import csv
import os
from pathlib import Path


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    names = list(rows[0]) if rows else []
    lines = [",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]
    write_text(path, "\n".join(lines) + "\n")


def write_text(path, text):
    """Whoever reads the file meanwhile has the old one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
