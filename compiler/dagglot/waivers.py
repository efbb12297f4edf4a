"""Changes that a project accepts: `accept_changes` of the project file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.frozen import dataclass
from dagglot.source import Map

_WORDS: Final = ("pipeline", "code", "fingerprint", "reason")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One change of one pipeline that is meant; ``until`` is the last day on which it may be."""

    pipeline: str
    code: str
    fingerprint: str
    reason: str
    until: date
    span: Span

    @property
    def change(self) -> tuple[str, str, str]:
        """The change that it is for."""
        return (self.pipeline, self.code, self.fingerprint)


def read(entries: Sequence[Any] | None) -> tuple[tuple[Waiver, ...], tuple[Diagnostic, ...]]:
    """The entries of a project file that is valid as written, and what is wrong with dates."""
    made: list[Waiver] = []
    found: list[Diagnostic] = []
    for one in entries or ():
        if not isinstance(one, Map) or any("${{" in str(item) for item in one.values()):
            continue  # which is reported elsewhere
        try:
            until = date.fromisoformat(one["until"])
        except ValueError:
            found.append(codes.TIME.at(one.span("until"), text=one["until"]))
            continue
        pipeline, code, mark, reason = map(str, map(one.get, _WORDS))
        made.append(Waiver(pipeline, code, mark, reason, until, one.span("fingerprint")))
    return tuple(made), tuple(found)
