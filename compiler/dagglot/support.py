"""The support matrix, computed from the capability tables: for the command and for the README."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from dagglot.features import Feature
from dagglot.frozen import dataclass
from dagglot.targets import registry
from dagglot.targets.base import Support, Verdict

_MARKS: Final = {
    Support.NATIVE: "native",
    Support.EMULATED: "emulated",
    Support.LOSSY: "lossy",
    Support.UNSUPPORTED: "–",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One feature, with the verdict of each target and version, in `columns` order."""

    feature: Feature
    verdicts: tuple[Verdict, ...]


def columns() -> tuple[str, ...]:
    """``airflow@3.3`` …: each target and version, in the registry's order."""
    return tuple(
        f"{name}@{version}" for name in registry.NAMES for version in registry.get(name).versions
    )


def features() -> list[str]:
    """The name of every feature."""
    return [feature.value for feature in Feature]


def rows(word: str | None = None) -> tuple[Row, ...]:
    """The features whose name holds the word, in the order of the language."""
    tables = [
        registry.get(name).capabilities(version)
        for name in registry.NAMES
        for version in registry.get(name).versions
    ]
    return tuple(
        Row(feature, tuple(table[feature] for table in tables))
        for feature in Feature
        if word is None or word in feature.value
    )


def as_text(rows: Sequence[Row], *, notes: bool = False) -> str:
    """Aligned columns; with ``notes`` the reasons below each row."""
    heads = columns()
    width = max(len(row.feature.value) for row in rows)
    lines = [" " * width + "  " + "  ".join(f"{head:<12}" for head in heads)]
    for row in rows:
        cells = "  ".join(f"{_MARKS[verdict.support]:<12}" for verdict in row.verdicts)
        lines.append(f"{row.feature.value:<{width}}  {cells}".rstrip())
        if notes:
            for head, verdict in zip(heads, row.verdicts, strict=True):
                for note in (verdict.note, verdict.setup and f"set-up: {verdict.setup}"):
                    if note:
                        lines.append(f"{'':<4}{head}: {note}")
    return "\n".join(lines) + "\n"


def as_markdown(rows: Sequence[Row]) -> str:
    """The table of the README."""
    heads = columns()
    lines = [f"| feature | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for row in rows:
        cells = " | ".join(_MARKS[verdict.support] for verdict in row.verdicts)
        lines.append(f"| `{row.feature.value}` | {cells} |")
    return "\n".join(lines) + "\n"


def as_json(rows: Sequence[Row]) -> str:
    """Every verdict with its note, for programs."""
    data = {
        "dagglot_support": 1,
        "features": {
            row.feature.value: {
                head: {
                    "support": verdict.support.value,
                    **({"note": verdict.note} if verdict.note else {}),
                    **({"setup": verdict.setup} if verdict.setup else {}),
                    **({"since": verdict.since} if verdict.since else {}),
                }
                for head, verdict in zip(columns(), row.verdicts, strict=True)
            }
            for row in rows
        },
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
