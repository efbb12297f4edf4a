"""The scores that the containers wrote: collected, judged, and staged for whoever wants them."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from pathlib import Path
from typing import Any


class NothingStagedError(Exception):
    """The scores of that day were not good enough to be staged."""


def collect(folder: str, shards: list[str], training_mean: float) -> dict[str, Any]:
    """All scores in one file, highest first, and how they differ from those of the training."""
    rows: list[tuple[str, float]] = []
    for shard in shards:
        with open(Path(folder, f"{shard}-scores.csv"), newline="", encoding="utf-8") as file:
            rows += [(row["customer"], float(row["score"])) for row in csv.DictReader(file)]
    rows.sort(key=lambda row: (-row[1], row[0]))
    path = Path(folder, "scores.csv")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "score"])
        writer.writerows(rows)
    mean = round(sum(score for _, score in rows) / len(rows), 4)
    shift = round(abs(mean - training_mean), 4)
    print(f"{len(rows)} scores, mean {mean} where the training had {training_mean}")
    high = sum(score >= 0.5 for _, score in rows)
    return {"rows": len(rows), "mean": mean, "shift": shift, "high": high, "path": str(path)}


def stage(scores: dict[str, Any], model: int, day: dt.date, folder: str) -> dict[str, Any]:
    """Put the scores where `staged` finds them: whole or not at all, and the same if repeated."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{day}.csv"
    summary = {
        "day": day.isoformat(),
        "model": model,
        "rows": scores["rows"],
        "mean": scores["mean"],
        "high": scores["high"],
        "path": path.name,
    }
    _replace(path, Path(scores["path"]).read_text(encoding="utf-8"))
    _replace(path.with_suffix(".json"), json.dumps(summary))
    return summary


def staged(day: dt.date, folder: str) -> dict[str, Any]:
    """What `stage` returned for that day; NothingStagedError when it was not reached."""
    path = Path(folder, f"{day}.json")
    if not path.exists():
        raise NothingStagedError(f"no scores of {day} are staged")
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return summary


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
