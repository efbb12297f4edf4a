"""One page that stands alone, with the graphs drawn: `reports.templated`, `reports.drawing`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagglot.reports import moves
from dagglot.reports.diff import accepted, parts, sides, standing, summary, what_changed
from dagglot.reports.drawing import svg
from dagglot.reports.forms.words import base_of, rows_of, way
from dagglot.reports.table import count
from dagglot.reports.templated import page


def render(data: Mapping[str, Any], least: str) -> str:
    """The page."""
    return page(
        "diff.html.j2",
        {
            "standing": standing,
            "accepted": accepted,
            "sides": lambda change: sides(change, 200),
            "drawn": svg,
            "kinds": _kinds,
            "runs": rows_of,
            "way": way,
        },
        data=data,
        parts=parts(data),
        headline=_headline(data),
        compared=_compared(data),
        counts=[*_counts(data)],
    )


def _headline(data: Mapping[str, Any]) -> str:
    if data["axis"] in ("target", "version"):
        return moves.summary(data).rpartition(": ")[2]
    return f"{what_changed(data)} changed" if parts(data) else summary(data)


def _compared(data: Mapping[str, Any]) -> str:
    same = data["unchanged"]
    if data["to"] is not None:
        return f"`{data['base']}` → `{data['to']}`"
    return f"compared with `{base_of(data)}`; {count(same, 'pipeline')} did not change"


def _counts(data: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    yield from ((risk, number) for risk, number in data["counts"].items() if number)
    if data["accepted"]:
        yield "accepted", data["accepted"]


def _kinds(graph: Mapping[str, Any]) -> list[str]:
    """What became of tasks and edges of a graph: its legend."""
    found = [one["change"] for part in (graph["tasks"], graph["edges"]) for one in part]
    return [word for word in ("added", "removed", "changed", "moved") if word in found]
