"""The customers: read, cleaned, and put on the side of training or of the examination."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

CUSTOMERS = Path(__file__).resolve().parents[1] / "data" / "customers.csv"
NUMBERS = ("tenure_months", "monthly_charge", "data_gb", "support_calls", "late_payments")
Customer = dict[str, Any]
"""Models see ``contract`` and the numbers, and neither ``customer`` nor ``churned``."""


def prepare(run_id: str, models_dir: str | None) -> dict[str, Any]:
    """Split the customers into two files in a folder of this run's own."""
    models = Path(models_dir) if models_dir else Path(tempfile.gettempdir()) / "churn_training"
    folder = models / "runs" / re.sub(r"[^A-Za-z0-9_.-]", "_", run_id)
    folder.mkdir(parents=True, exist_ok=True)
    customers = read()
    held_out = [one for one in customers if is_held_out(one["customer"])]
    training = [one for one in customers if not is_held_out(one["customer"])]
    (folder / "held_out.json").write_text(json.dumps(held_out), encoding="utf-8")
    (folder / "training.json").write_text(json.dumps(training), encoding="utf-8")
    return {
        "folder": str(folder),
        "models": str(models),
        "training": len(training),
        "held_out": len(held_out),
    }


def read(path: Path = CUSTOMERS) -> list[Customer]:
    """All customers; where a number is missing, its median stands in for it."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    usual = {name: median(float(row[name]) for row in rows if row[name] != "") for name in NUMBERS}
    return [
        {
            "customer": row["customer"],
            "contract": row["contract"],
            **{name: float(row[name]) if row[name] != "" else usual[name] for name in NUMBERS},
            "churned": row["churned"] == "1",
        }
        for row in rows
    ]


def is_held_out(customer: str) -> bool:
    """Three customers of ten are only for examining models.

    By the id, and not by chance or by place: a customer is never on the one side today and on the
    other tomorrow, so that a champion is never examined on what it has learnt.
    """
    return hashlib.sha256(customer.encode()).digest()[0] % 10 < 3


def load(folder: str, part: str) -> tuple[list[Customer], list[bool]]:
    """What models see of ``training`` or of ``held_out``, and whether each customer left."""
    customers = json.loads((Path(folder) / f"{part}.json").read_text(encoding="utf-8"))
    seen = [{name: one[name] for name in ("contract", *NUMBERS)} for one in customers]
    return seen, [one["churned"] for one in customers]
