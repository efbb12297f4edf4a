"""Writes customers.csv: invented customers of a phone company, the same ones each time.

Who leaves is drawn from a probability that depends on the other columns, so there is something to
learn, and no model can know all of it.
"""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path
from typing import TextIO

CUSTOMERS = 600
SEED = 20260115
COLUMNS = (
    "customer",
    "contract",
    "tenure_months",
    "monthly_charge",
    "data_gb",
    "support_calls",
    "late_payments",
    "churned",
)


def write(file: TextIO) -> None:
    drawn = random.Random(SEED)
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number in range(1, CUSTOMERS + 1):
        contract = drawn.choices(("monthly", "yearly", "two_years"), (55, 28, 17))[0]
        longest = {"monthly": 48, "yearly": 72, "two_years": 96}[contract]
        tenure = 1 + int(longest * drawn.random() ** 1.6)
        charge = round(12 + 48 * drawn.random() + (6 if contract == "monthly" else 0), 2)
        data = round(max(0.1, charge / 3 * (0.4 + 1.2 * drawn.random())), 1)
        calls = sum(drawn.random() < 0.18 for _ in range(8))
        late = sum(drawn.random() < 0.08 for _ in range(12))
        logit = (
            -3.7
            + {"monthly": 1.5, "yearly": 0.1, "two_years": -1.2}[contract]
            + 1.6 * math.exp(-tenure / 8)
            + 0.55 * calls
            + 0.45 * late
            + 0.035 * (charge - 36)
            # who pays much and uses little feels it, most of all when free to go
            + (1.3 if contract == "monthly" and charge > 40 and data < charge / 4 else 0)
        )
        churned = drawn.random() < 1 / (1 + math.exp(-logit))
        shown = "" if drawn.random() < 0.03 else data  # a meter that did not report
        rows.writerow(
            (f"C-{number:04d}", contract, tenure, charge, shown, calls, late, int(churned))
        )


if __name__ == "__main__":
    with Path(__file__).with_name("customers.csv").open("w", encoding="utf-8", newline="") as file:
        write(file)
