"""A graph with what came, went and changed, as SVG inside a page that has the colours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from dagglot.diagnostics.render import columns, printable
from dagglot.reports.graphs import together, words
from dagglot.reports.layout import HEIGHT, Point, layout

_LETTER: Final = 7.3
"""How wide a letter of a name is, at most, in the page's fixed-width type."""
_ROOM: Final = 24.0
_LEAST: Final = 84.0
_LONGEST: Final = 34
_EDGE: Final = 3.0
_FITS: Final = 1700.0
"""As wide as it may be to be made smaller, and still be read; more is scrolled."""


def svg(graph: Mapping[str, Any], title: str) -> Markup:
    """The drawing. Each thing has the class of what became of it: `added`, `removed`, …"""
    graph = together(graph)
    tasks = graph["tasks"]
    widths = {one["task"]: _width(one) for one in tasks}
    ends = {(one["from"], one["to"]): one["change"] or "same" for one in graph["edges"]}
    ends = {pair: change for pair, change in ends.items() if widths.keys() >= {*pair}}
    found = layout(widths, ends)
    width, height = found.width + 2 * _EDGE, found.height + 2 * _EDGE
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{0}" height="{1}" '
        'viewBox="{2} {2} {0} {1}"{4}><title>{3}</title>'
    ).format(
        _number(width),
        _number(height),
        _number(-_EDGE),
        printable(title),
        Markup(' class="fits"') if width < _FITS else "",
    )
    arrows = Markup(
        '<marker id="{0}-{1}" class="{1}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>'
    )
    name = f"a{_mark(title)}"
    defs = Markup("").join(arrows.format(name, kind) for kind in dict.fromkeys(ends.values()))
    order = sorted(found.edges, key=lambda pair: ends[pair] != "same")  # what changed lies on top
    lines = Markup("").join(_line(found.edges[pair], ends[pair], name) for pair in order)
    boxes = Markup("").join(
        _box(one, found.nodes[one["task"]], widths[one["task"]]) for one in tasks
    )
    return Markup("{}<defs>{}</defs>{}{}</svg>\n").format(head, defs, lines, boxes)


def _line(points: Sequence[Point], kind: str, name: str) -> Markup:
    return Markup('<path class="edge {1}" d="{0}" marker-end="url(#{2}-{1})"/>').format(
        " ".join(_curve(points)), kind, name
    )


def _curve(points: Sequence[Point]) -> Iterator[str]:
    """Level at each point, as water: it leaves a node to the right, and meets one from the left."""
    (x, y), *rest = points
    yield f"M{_number(x)} {_number(y)}"
    for right, low in rest:
        if low == y:
            yield f"H{_number(right)}"
        else:
            middle = (x + right) / 2
            yield (
                f"C{_number(middle)} {_number(y)} {_number(middle)} {_number(low)} "
                f"{_number(right)} {_number(low)}"
            )
        x, y = right, low


def _box(one: Mapping[str, Any], corner: Point, width: float) -> Markup:
    x, y = corner
    middle = _number(x + width / 2)
    return Markup(
        '<g class="node {0}"><title>{1}</title>'
        '<rect x="{2}" y="{3}" width="{4}" height="{5}" rx="6"/>'
        '<text x="{6}" y="{7}">{8}</text><text class="what" x="{6}" y="{9}">{10}</text></g>'
    ).format(
        one["change"] or "same",
        f"{printable(one['task'])}: {printable(words(one))}",
        _number(x),
        _number(y),
        _number(width),
        _number(HEIGHT),
        middle,
        _number(y + 17),
        _name(one),
        _number(y + 30),
        _short(printable(words(one))),
    )


def _name(one: Mapping[str, Any]) -> str:
    return _short(printable(one["task"]))


def _short(text: str) -> str:
    """The beginning and the end, which of a mapped task tells it from its siblings."""
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[: half - 1]}…{text[-half:]}"


def _width(one: Mapping[str, Any]) -> float:
    letters = max(columns(_name(one)), columns(_short(printable(words(one)))) * 0.85)
    return max(_LEAST, letters * _LETTER + _ROOM)


def _number(value: float) -> str:
    """At most one digit behind the point, and no zero below zero."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def _mark(title: str) -> str:
    """A name for the arrows of one drawing among several of a page."""
    return hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:8]
