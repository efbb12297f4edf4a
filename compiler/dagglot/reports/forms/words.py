"""Words that several forms share."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from dagglot.reports.delta import WAYS
from dagglot.reports.diff import accepted, parts, standing, values
from dagglot.reports.table import count

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""Not by the locale."""


def instant(text: str) -> str:
    """``Fri 2026-11-27 06:00 +01:00``, of an instant of the data."""
    at = datetime.fromisoformat(text)
    seconds = f":{at:%S}" if at.second else ""
    return f"{_DAYS[at.weekday()]} {at:%Y-%m-%d %H:%M}{seconds} {text[-6:]}"


def rows_of(runs: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rows of a table of runs: from where the sides differ on, and how many in a week."""
    if runs["same"]:
        yield count(runs["same"], "run"), "the same", "the same"
    names = ("then", "", "") if runs["same"] else ("first", "second", "third")
    for at, name in enumerate(names):
        pair = [side[at] if at < len(side) else "" for side in (runs["before"], runs["after"])]
        if any(pair):
            before, after = (instant(one) if one else "–" for one in pair)
            yield name, before, after
    yield "in a week", str(runs["weekly_before"]), str(runs["weekly_after"])


def base_of(data: Mapping[str, Any]) -> str:
    """What was compared with; of a whole hash of git as much as a person reads."""
    base = str(data["base"])
    return base[:12] if re.fullmatch("[0-9a-f]{40}", base) else base


def way(reached: Mapping[str, Any]) -> str:
    """How a pipeline is reached by a change of another."""
    words = WAYS[reached["way"]].format(reached["name"])
    return f"{words}, through `{reached['through']}`" if reached["through"] else words


# --- places -------------------------------------------------------------------------------------


def anchor(pipeline: Mapping[str, Any], change: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where to show a change. What is gone has no line of its own now: the pipeline's id has."""
    for place in (change["place"], pipeline["place"], change["old_place"], pipeline["old_place"]):
        if place is not None:
            return dict(place)
    return {"file": "dagglot.yaml", "line": 1, "column": 1}


def from_top(data: Mapping[str, Any], file: str) -> str:
    """A file as the repository has it: what programs want to be told."""
    file = file.replace("\\", "/")
    return posixpath.normpath(posixpath.join(data["folder"], file))


def every(data: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """All changes with their pipelines: the worst first, what is accepted last."""
    found = [(one, change) for one in parts(data) for change in one["changes"]]
    return sorted(found, key=lambda pair: ORDER.index(standing(pair[1])))


ORDER: Final = ("breaking", "review", "undecidable", "safe", "cosmetic", "accepted")


def sentence(pipeline: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    """A change in one line: which, from what to what, what it means, and why it is accepted."""
    what = "" if change["path"] in ("pipeline", "text") else f": {change['path']}"
    told = values(change)
    words = f"{pipeline['pipeline']}{what}{f' ({told})' if told else ''}: {change['consequence']}"
    return f"{words}; {accepted(change)}" if change["accepted"] else words


def fails(risk: str | None, least: str) -> bool:
    """Whether a risk is at or above the one that fails."""
    weights = ("cosmetic", "safe", "review", "breaking")
    risk = "review" if risk == "undecidable" else risk
    return risk is not None and weights.index(risk) >= weights.index(least)
