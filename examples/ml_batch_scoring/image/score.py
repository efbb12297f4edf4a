"""What the model's image does: `python score.py FOLDER SHARD` scores the customers of one shard."""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    folder, shard = Path(sys.argv[1]), sys.argv[2]
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    with open(folder / f"{shard}.csv", newline="", encoding="utf-8") as file:
        scores = [(row["customer"], score(model, row)) for row in csv.DictReader(file)]
    with open(folder / f"{shard}-scores.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "score"])
        writer.writerows(scores)
    print(f"{shard}: {len(scores)} customers by {model['name']} {model['version']}")


def score(model: dict[str, Any], customer: dict[str, str]) -> float:
    """The probability that a customer leaves, by logistic regression."""
    total = model["intercept"]
    for column, weight in model["weights"].items():
        total += weight * float(customer[column])
    return round(1 / (1 + math.exp(-total)), 4)


if __name__ == "__main__":
    main()
