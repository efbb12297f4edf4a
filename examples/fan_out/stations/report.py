"""What came of the files, and what the stations measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from stations.folders import write_text

Outputs = list[dict[str, Any] | None]
"""An output for each file, in their order; None where the task did not succeed."""


def count(read: Outputs, loaded: Outputs) -> dict[str, Any]:
    """How many files came how far, and the stations of which there is something to say."""
    stations = sorted({one["station"] for one in loaded if one is not None})
    return {
        "files": len(read),
        "cut_off": read.count(None),
        "not_loaded": loaded.count(None) - read.count(None),
        "loaded": len(loaded) - loaded.count(None),
        "stations": stations,
    }


def build(day: date, counts: dict[str, Any], summaries: Outputs, results: str) -> dict[str, Any]:
    """Write the report of a day, and return where it is with its first line."""
    text = render(counts, [one for one in summaries if one is not None])
    print(text, end="")
    path = Path(results) / f"air-quality-{day.isoformat()}.txt"
    write_text(path, text)
    return {"path": str(path), "headline": text.partition("\n")[0]}


def render(counts: dict[str, Any], summaries: list[dict[str, Any]]) -> str:
    """The report's text: what became of the files, then the stations, worst first."""
    lines = [
        f"{counts['files']} files: {counts['loaded']} loaded, {counts['not_loaded']} not loaded, "
        f"{counts['cut_off']} cut off"
    ]
    if summaries:
        lines += ["", f"{'station':<12}{'mean':>6}{'worst':>8}  at"]
    lines += [
        f"{one['station']:<12}{one['mean']:>6.1f}{one['worst']:>8.1f}  {one['worst_hour']}"
        for one in sorted(summaries, key=lambda one: (-one["mean"], one["station"]))
    ]
    return "\n".join(lines) + "\n"
