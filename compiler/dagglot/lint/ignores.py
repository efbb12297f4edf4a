"""``# dagglot: ignore DG804``: findings that a file itself answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dagglot.diagnostics import advice, codes
from dagglot.diagnostics.model import Diagnostic, Span, split_lines
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.frozen import dataclass

_IGNORE: Final = re.compile(
    r"(?:#|--)\s*dagglot:\s*ignore\b\s*(?P<codes>DG\d+(?:[\s,]+DG\d+)*)?", re.IGNORECASE
)
_CODE: Final = re.compile(r"DG\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that a comment silences, on ``line``; ``span`` is where the comment names it."""

    span: Span
    line: int
    code: str


def ignores(file: str, text: str) -> Iterator[Ignore]:
    """What the comments of a file silence; one on a line of its own is about the next line."""
    if "dagglot:" not in text:
        return
    lines = split_lines(text)
    for number, line in enumerate(lines, 1):
        found = _IGNORE.search(line)
        if found is None:
            continue
        target = number
        while target <= len(lines) and lines[target - 1].lstrip().startswith(("#", "--")):
            target += 1
        if found["codes"] is None:
            yield Ignore(_span(file, number, found.start(), found.end()), target, "")
        else:
            for code in _CODE.finditer(line, found.start("codes"), found.end("codes")):
                yield Ignore(_span(file, number, *code.span()), target, code[0].upper())


def _span(file: str, line: int, start: int, end: int) -> Span:
    return Span(file, line, start + 1, line, end + 1)


def without_ignored(
    found: Iterable[Diagnostic], texts: Mapping[str, str], off: frozenset[str]
) -> Iterator[Diagnostic]:
    """The findings that no comment silences, and the comments that silence none.

    ``off`` are the rules that the project switched off: of those no comment is asked for, and none
    is too many.
    """
    known: dict[tuple[str, int, str], Ignore] = {}
    for file, text in texts.items():
        for one in ignores(file, text):
            known[file, one.line, one.code] = one
    needed: set[tuple[str, int, str]] = set()
    for finding in found:
        span = finding.span
        key = (span.file, span.line, finding.rule.code) if span else ("", 0, "")
        if key in known:
            needed.add(key)
        else:
            yield finding
    for key, one in known.items():
        if key in needed or one.code in off:
            continue
        yield _not_needed(one)


def _not_needed(one: Ignore) -> Diagnostic:
    lint = [rule.code for rule in codes.all_rules() if rule.code.startswith("DG8")]
    if not one.code:
        message = "this comment names no rule to ignore"
        help: str | None = "`ignore DG804`, and why"
    elif one.code not in lint:
        message = f"`{one.code}` is no rule of `dagglot lint`, and cannot be ignored"
        help = did_you_mean(one.code, lint)
    else:
        message = f"there is no {one.code} here to ignore"
        help = "remove it; it goes to the line of the finding, or on a line of its own above"
    return advice.IGNORE_NOT_NEEDED.at(one.span, message=message, help=help)
