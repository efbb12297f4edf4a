"""The graph of a pipeline that changed, and who is reached: the end of its block in a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot.diagnostics.render import printable
from dagglot.reports.table import Cell, Paint, aligned, few

SIGNS: Final = {"added": "+", "removed": "-", "changed": "~", "moved": "→", None: "~"}
WAYS: Final = {
    "reads": "reads `{}`",
    "started_by_asset": "is started by the asset `{}`",
    "waits_for_asset": "waits for the asset `{}`",
    "waits_for": "waits for `{}`",
    "triggers": "starts `{}`",
    "started_by": "is started by `{}`",
}
_MOST: Final = 12
_FEW: Final = 3


def graph(one: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """A line for each task that came or went, or whose edges did; nothing where the changes above
    have told of it just as shortly."""
    found = one["graph"]
    if found is None:
        return
    rows = list(_rows(found))
    if len(rows) < 2 or (len(rows) < _FEW and not any(row[0][0] in "+-→" for row in rows)):
        return
    yield f"  {paint('dim', 'graph')}"
    yield from aligned(rows[:_MOST], paint, indent="    ")
    if len(rows) > _MOST:
        yield f"    and {len(rows) - _MOST} more tasks"


def _rows(found: Mapping[str, Any]) -> Iterator[list[Cell]]:
    edges = found["edges"]
    for node in found["tasks"]:
        name, kind = node["task"], node["change"]
        above = {
            change: [one["from"] for one in edges if one["to"] == name and one["change"] == change]
            for change in ("added", "removed", None)
        }
        words = []
        if kind == "removed":
            words = [f"was after {few(above['removed'])}"] if above["removed"] else []
        elif kind == "added":
            words = [f"after {few(above['added'])}"] if above["added"] else ["first"]
        else:
            words += [f"now after {few(above['added'])}"] if above["added"] else []
            words += [f"no longer after {few(above['removed'])}"] if above["removed"] else []
        if kind in ("added", "removed", "moved") or words:
            yield [
                (SIGNS[kind], node["risk"] or ""),
                (name, ""),
                (", ".join(words), "dim"),
            ]


def aftermath(change: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """What is to know, and to do, where it is deployed: a line for each target."""
    for on in change["on"]:
        head = f"{on['target']}: {on['risk']}: " if on["risk"] != change["risk"] else ""
        head = head or f"{on['target']}: "
        yield f"      {paint('dim', head)}{printable(on['note'])}"
        for command in on["commands"]:
            yield f"        {paint('dim', '$')} {printable(command)}"


def indirect(one: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """Who depends on it, each with how; those further away by their names alone."""
    ways: dict[str, list[str]] = {}
    further: dict[str, None] = {}
    for other in one["indirect"]:
        if other["through"] is None:
            words = WAYS[other["way"]].format(other["name"])
            ways.setdefault(other["pipeline"], []).append(words)
        else:
            further[other["pipeline"]] = None
    head = "indirect"
    told = [f"{id} {' and '.join(dict.fromkeys(some))}" for id, some in ways.items()]
    for words in told[:_MOST]:
        yield f"  {paint('dim', head)}  {printable(words)}"
        head = " " * len(head)
    more = len(told) - _MOST
    if more > 0:
        yield f"  {head}  and {more} more"
    if further:
        yield f"  {paint('dim', head)}  by these: {printable(few(list(further)))}"
