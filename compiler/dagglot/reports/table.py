"""Aligned columns, and colours that say a state."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from dagglot.diagnostics.render import columns, printable

Paint: TypeAlias = Callable[[str, str], str]
"""A word, and a text painted in its colour."""
Cell: TypeAlias = tuple[str, str]
"""The text of a cell, and the word that colours it."""

COLOURS: Final = {
    "success": "32",
    "failed": "31",
    "skipped": "35",
    "upstream_failed": "33",
    "refused": "33",
    "passed": "32",
    "equal": "32",
    "benign": "36",
    "divergent": "31",
    "breaking": "31",
    "review": "33",
    "undecidable": "33",
    "safe": "32",
    "cosmetic": "2",
    "accepted": "36",
    "dim": "2",
    "bold": "1",
}


def plain(_: str, text: str) -> str:
    """No colours."""
    return text


def ansi(word: str, text: str) -> str:
    """The colour of a state, or of a verdict."""
    code = COLOURS.get(word)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def aligned(rows: Sequence[Sequence[Cell]], paint: Paint, *, indent: str = "  ") -> list[str]:
    """Rows as lines, each column as wide as its widest cell; a column with nothing in it is left
    out."""
    rows = [[(printable(text), word) for text, word in row] for row in rows]
    if not rows:
        return []
    widths = [max(columns(text) for text, _ in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            paint(word, text) + " " * (width - columns(text))
            for (text, word), width in zip(row, widths, strict=True)
            if width
        ]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines


def value(output: object, longest: int = 60) -> str:
    """A value as JSON on one line, cut where it is long."""
    text = json.dumps(output, ensure_ascii=False, default=str)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def attempts(number: int) -> str:
    """Attempts as they are shown: one, or none, is nothing to speak of."""
    return f"{number} attempts" if number > 1 else ""


def count(number: int, thing: str) -> str:
    """ "1 test", "3 tests"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def few(names: Sequence[str], most: int = 3) -> str:
    """Some names in a row, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
