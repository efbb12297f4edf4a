"""Invents the customers of an export: `python make_customers.py > customers.csv`."""

from __future__ import annotations

import csv
import random
import sys


def main() -> None:
    draw = random.Random(11)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["customer", "tenure_months", "open_tickets", "monthly_eur"])
    for number in range(1, 121):
        tenure = min(int(draw.expovariate(1 / 24)) + 1, 120)
        tickets = draw.choices([0, 1, 2, 3, 5], [10, 5, 3, 1, 1])[0]
        writer.writerow([f"c-{number:04}", tenure, tickets, round(draw.uniform(9, 59), 2)])


if __name__ == "__main__":
    main()
