"""What tasks return that decide about other tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def named(result: Any, known: Sequence[str]) -> list[str]:
    """What the function of a branch has chosen: a name, a list of names, or nothing."""
    names = [result] if isinstance(result, str) else list(result or ())
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"the branch cannot choose {unknown[0]!r}")
    return names


def chosen(result: Any, choices: Mapping[str, Sequence[str]]) -> list[str]:
    """The ids of the tasks that the function of a branch has chosen by their names."""
    names = named(result, list(choices))
    return list(dict.fromkeys(id for name in names for id in choices[name]))
