"""What a check may look at besides the pipeline: the files themselves, and where a word stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field

from dagglot.diagnostics.model import Span, split_lines
from dagglot.expressions.tree import Text
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline
from dagglot.ir.values import Value

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""Stands for an expression in `plain`."""


@dataclass(frozen=True, slots=True)
class Look:
    """The texts of all files, by the paths that messages show, and the targets that are meant;
    all pipelines by their ids, and whether these are ``whole`` projects, without an error."""

    texts: Mapping[str, str]
    targets: Collection[str]
    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    whole: bool = False


def plain(value: Value) -> str:
    """A value as one text, each expression in it one unknown character."""
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else UNKNOWN for part in value.parts)
    return value if isinstance(value, str) else ""


def place_of(word: str, number: int, within: Span, look: Look) -> Span:
    """The place of the ``number``-th occurrence (from 0) of a word within a place; the place itself
    where it is written otherwise there, or goes over lines."""
    lines = split_lines(look.texts.get(within.file, ""))
    if not word or "\n" in word or UNKNOWN in word:
        return within
    block = within.line == within.end_line and within.end_column - within.column <= 1
    last = len(lines) if block else min(within.end_line, len(lines))
    for line in range(within.line, last + 1):
        text = lines[line - 1]
        if block and line > within.line and text[: within.column - 1].strip():
            break  # a block of YAML has no end of its own but the next line that is less indented
        if line == within.end_line and not block:
            text = text[: within.end_column - 1]
        at = within.column - 1 if line == within.line else 0
        while (at := text.find(word, at)) >= 0:
            if number == 0:
                return Span(within.file, line, at + 1, line, at + 1 + len(word))
            number, at = number - 1, at + len(word)
    return within


def count(number: int) -> str:
    """How often a task is retried, in words."""
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"
