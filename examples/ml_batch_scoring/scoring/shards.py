"""The customers of a day, in as many parts as there will be containers."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any


def split(export: str, model: dict[str, Any], shards: int, folder: str) -> list[str]:
    """Write the model and the shards to the folder; return the names of those that have customers.

    ValueError when a column is missing that the model needs.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o777)  # the container's user is another one
    with open(export, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        customers = list(reader)
    missing = sorted({"customer", *model["weights"]} - set(columns))
    if missing:
        raise ValueError(f"{export} lacks {', '.join(missing)}")
    (place / "model.json").write_text(json.dumps(model), encoding="utf-8")
    names = []
    for number in range(min(shards, len(customers))):
        name = f"shard-{number}"
        with open(place / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(customers[number::shards])
        names.append(name)
    print(f"{len(customers)} customers in {len(names)} shards")
    return names
