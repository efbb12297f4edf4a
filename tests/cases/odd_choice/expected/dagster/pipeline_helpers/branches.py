"""Branches: an op yields an output for each task that it keeps; Dagster skips the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg


def choose(
    chosen: Any, keeps: Mapping[str, Sequence[str]]
) -> Iterator[dg.Output[list[str]]]:
    """A name, a list of names or nothing is chosen; `keeps` has the outputs of each."""
    names = [chosen] if isinstance(chosen, str) else chosen or []
    if not isinstance(names, list):
        raise TypeError(f"a branch chooses names, not {chosen!r}")
    for name in names:
        if name not in keeps:
            raise ValueError(f"{name!r} is no choice of this branch")
    outputs = dict.fromkeys(output for name in names for output in keeps[name])
    for output in outputs:
        yield dg.Output(names, output)
