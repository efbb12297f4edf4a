"""What a finding is: a place in a file, the rule it breaks, and the words for a person."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from dagglot.frozen import dataclass

LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where a line ends for the YAML parser, which counts them (YAML 1.1, 4.2)."""


def split_lines(text: str) -> list[str]:
    """The lines of a text as the spans count them, without their ends."""
    return LINE_END.split(text)


class Span(NamedTuple):
    """A range of characters in a file.

    Lines and columns count from 1, in characters; the end is exclusive, so a span of one
    character has ``end_column == column + 1``. ``file`` is the path as the user wrote it.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Severity(Enum):
    """How much a finding weighs. Only errors stop a compile."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class ExitCode(int, Enum):
    """What the process says when it ends; frozen by a test."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INVALID = 3
    UNSUPPORTED = 4
    BUG = 5


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first: "first defined here"."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong. ``message`` is a format string over the fields of `at`.

    ``worse`` and ``better`` are parts of a document: what breaks the rule, and what to write.
    """

    code: str
    name: str
    message: str
    explanation: str
    severity: Severity = Severity.ERROR
    exit_code: ExitCode = ExitCode.INVALID
    worse: str = ""
    better: str = ""
    risk: str = ""
    """Of the rules of `diff`: how much a change weighs, where nothing else is known of it."""

    def at(
        self,
        span: Span | None,
        *,
        help: str | None = None,
        related: tuple[Related, ...] = (),
        **fields: object,
    ) -> Diagnostic:
        """A finding of this rule at a place; ``help`` says what to do about it."""
        return Diagnostic(self, self.message.format(**fields), span, help, related)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A rule that was broken, where, and what to do about it."""

    rule: Rule
    message: str
    span: Span | None = None
    help: str | None = None
    related: tuple[Related, ...] = ()

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every place that it speaks of."""
        own = () if self.span is None else (self.span,)
        return (*own, *(related.span for related in self.related))

    @property
    def is_error(self) -> bool:
        return self.rule.severity is Severity.ERROR


def by_place(diagnostic: Diagnostic) -> tuple[object, ...]:
    """Sort key: file, line, column, code; findings without a place come last."""
    span = diagnostic.span or Span("\U0010ffff", 0, 0, 0, 0)
    return (span.file, span.line, span.column, diagnostic.rule.code, diagnostic.message)
