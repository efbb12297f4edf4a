"""Finding the `${{ … }}` of a scalar."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dagglot.expressions.scope import Problem
from dagglot.frozen import dataclass

OPENING: Final = "${{"
# A string of the expression may hold `}}`; one that is not closed is left to the parser.
_STRING_OR_END: Final = re.compile(
    r"""'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|(?P<end>\}\})""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Source:
    """What stands between `${{` and `}}`; `offset` is where it starts in the scalar."""

    text: str
    offset: int


@lru_cache(maxsize=1024)
def split(text: str) -> tuple[tuple[str | Source, ...], tuple[Problem, ...]]:
    """The parts of a scalar in order, empty text left out; or the one that is never closed."""
    parts: list[str | Source] = []
    done = 0
    while (start := text.find(OPENING, done)) >= 0:
        if start > done:
            parts.append(text[done:start])
        inside = start + len(OPENING)
        for match in _STRING_OR_END.finditer(text, inside):
            if match["end"]:
                break
        else:
            return (), (_unclosed(text, start),)
        parts.append(Source(text[inside : match.start()], inside))
        done = match.end()
    if done < len(text):
        parts.append(text[done:])
    return tuple(parts), ()


def _unclosed(text: str, start: int) -> Problem:
    if text.find("}}", start) >= 0:
        help_ = "a quote before the `}}` is never closed, so the `}}` belongs to a string"
    else:
        help_ = (
            "quote the whole value: in plain YAML text ` #` starts a comment and `: ` a mapping, "
            "and inside `{ }` or `[ ]` a comma or brace ends it; a literal `${{` is `${{ '${{' }}`"
        )
    return Problem("unclosed", start, len(OPENING), "`${{` is never closed by `}}`", help_)
