"""What another compiler, or other options, wrote otherwise: a line for each pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot.diagnostics.render import printable
from dagglot.reports.diff import accepted, parts, standing
from dagglot.reports.table import Cell, Paint, aligned, count, few

_MOST: Final = 10
"""Lines of those of which the text alone changed."""


def as_text(data: Mapping[str, Any], paint: Paint) -> str:
    """The pipelines, the worst first; the files that they share; why; and a line that sums up."""
    rows = list(_rows(data))
    others = [row for row in rows if row[1][1] != "cosmetic"]
    alone = [row for row in rows if row[1][1] == "cosmetic"]
    lines = aligned([*others, *alone[:_MOST]], paint, indent="")
    if len(alone) > _MOST:
        lines.append(f"and {len(alone) - _MOST} more: text changed, behaviour the same")
    lines += _shared(data, paint)
    if data["made_with"] and (rows or data["shared"]):
        lines.append(f"{paint('dim', 'made with:')} {', '.join(data['made_with'])}")
    return "\n".join([*lines, summary(data)]) + "\n"


def _rows(data: Mapping[str, Any]) -> Iterator[list[Cell]]:
    several = len({one["path"] for part in parts(data) for one in part["changes"]}) > 1
    for part in parts(data):
        for change in part["changes"]:
            words = change["consequence"]
            if change["accepted"]:
                words += f"; {accepted(change)}"
            yield [
                (part["pipeline"], "bold"),
                (f"{change['code']} {standing(change)}", standing(change)),
                (change["path"] if several else "", "dim"),
                (words.replace("`", ""), ""),
            ]


def _shared(data: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """Files of all pipelines together."""
    edited = [one["path"] for one in data["shared"] if one["edited"]]
    others = [one["path"] for one in data["shared"] if not one["edited"]]
    if others:
        yield f"{paint('dim', 'shared files with another text:')} {printable(few(others, 6))}"
    if edited:
        yield f"{paint('undecidable', 'shared files edited by hand:')} {printable(few(edited, 6))}"


def summary(data: Mapping[str, Any]) -> str:
    """ "build: of 300 pipelines 12 have another text, 11 of them with the same behaviour"."""
    changed, same = len(data["pipelines"]), data["unchanged"]
    total = count(changed + same, "pipeline")
    if not changed:
        then = " for the versions of then" if data["project"] else ""
        return f"{printable(data['base'])}: {total}, generated as they stand there{then}"
    cosmetic = sum(
        all(change["risk"] == "cosmetic" for change in one["changes"]) for one in data["pipelines"]
    )
    words = f"{changed} {'is' if changed == 1 else 'are'} not as they stand there"
    words = words.replace("is not as they stand", "is not as it stands")
    return f"{printable(data['base'])}: of {total} {words}; {cosmetic} in the text alone"
