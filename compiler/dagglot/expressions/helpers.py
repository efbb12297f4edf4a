"""The functions that emitted expressions call; `templates/helpers/values.py.j2` has their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

HELPERS: Final[Mapping[str, frozenset[str]]] = {
    "to_json": frozenset(),
    "json_text": frozenset({"to_json"}),
    "to_text": frozenset({"json_text", "to_json"}),
    "value_at": frozenset(),
    "item_of": frozenset(),
    "boolean": frozenset(),
    "to_bool": frozenset(),
    "to_int": frozenset(),
    "to_float": frozenset(),
    "to_date": frozenset(),
    "to_datetime": frozenset(),
    "add_time": frozenset(),
}


def needed(functions: Iterable[str]) -> tuple[str, ...]:
    """The functions and all that they call, in the order of the helper module."""
    wanted = set(functions)
    for function in tuple(wanted):
        wanted |= HELPERS[function]
    return tuple(name for name in HELPERS if name in wanted)
