"""Did you mean: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that is most like `word`, or None where nothing comes near."""
    from difflib import get_close_matches  # only a wrong file pays for these imports
    from heapq import nlargest

    names = sorted(set(choices))
    folded = {name.lower().replace("-", "_"): name for name in reversed(names)}
    same = folded.get(word.lower().replace("-", "_"))
    if same is not None:
        return same
    if len(names) > _MANY:
        names = nlargest(_MANY, names, key=lambda name: _ends_alike(word, name))
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return close[0] if close else None


_MANY: Final = 40
"""Names that are compared in full. Of more, those that begin and end like the word: a file with a
thousand slips among a thousand tasks is answered in seconds, not in minutes."""


def _ends_alike(word: str, name: str) -> int:
    start = _shared(word, name)
    return start + _shared(word[:start:-1], name[:start:-1])


def _shared(one: str, other: str) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def did_you_mean(word: str, choices: Iterable[str], few: int = 12) -> str | None:
    """The help for an unknown name: "did you mean `x`?", else the names there are (if few)."""
    names = list(choices)
    best = nearest(word, names)
    if best is not None:
        return f"did you mean `{best}`?"
    if 0 < len(names) <= few:
        return "known here: " + ", ".join(f"`{name}`" for name in names)
    return None
