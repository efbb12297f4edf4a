"""Text to documents, by the events of libyaml's parser.

Twice as fast as ``yaml.load`` with ``CSafeLoader``, which knows no places, takes ``on`` for
``True`` and lets a duplicate key pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from dagglot import merges
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related, Span, split_lines
from dagglot.patterns import postponed
from dagglot.source import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    NOTHING_LENT,
    Document,
    Map,
    Seq,
    place_in,
    span_of,
    too_large,
)

with postponed("yaml"):
    import yaml
    from yaml.events import (
        AliasEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        StreamEndEvent,
    )

# --- scalars ----------------------------------------------------------------------------------

_INTEGER: Final = re.compile(r"[-+]?[0-9]+\Z").match
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z").match
_WORDS: Final[dict[str, None | bool]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_FIRST_OF_NUMBER: Final = frozenset("0123456789+-.")


def core_scalar(text: str) -> None | bool | int | float | str:
    """A plain scalar's value: YAML 1.2 core, without octal, hexadecimal, infinity and NaN.

    Decimal only, as language.md has it: ``012`` is text, since other parsers read it as ten.
    Source: https://yaml.org/spec/1.2.2/#103-core-schema
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _FIRST_OF_NUMBER:
        digits = text.lstrip("+-")
        padded = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
        if padded:
            return text
        if _INTEGER(text):
            return int(text) if len(text) < 1000 else text
        if _FLOAT(text):
            number = float(text)
            return number if number not in (float("inf"), float("-inf")) else text
    return text


# --- parsing ----------------------------------------------------------------------------------


class _Refused(Exception):  # noqa: N818 - control flow inside this module only
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def _events(text: str) -> Callable[[], Any]:
    try:
        from yaml._yaml import CParser
    except ImportError:  # a PyYAML without libyaml: the same events, six times slower
        loader: Any = yaml.SafeLoader(text)
        get: Callable[[], Any] = loader.get_event
        return get
    parser: Any = CParser(text)
    parsed: Callable[[], Any] = parser.get_event
    return parsed


class _Builder:
    """Events to values. One for each file; anchors are forgotten between documents."""

    def __init__(self, file: str, text: str, found: list[Diagnostic]) -> None:
        self.file = file
        self.text = text
        self.next = _events(text)
        self.found = found
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.nodes = 0

    def span(self, event: Any) -> Span:
        return span_of(self.file, event)

    def refuse(self, diagnostic: Diagnostic) -> _Refused:
        return _Refused(diagnostic)

    def too_many(self, event: Any) -> Diagnostic:
        limit = f"{MAX_NODES:,} values"
        return codes.TOO_LARGE.at(self.span(event), what="this, its aliases expanded,", limit=limit)

    def value(self, event: Any, depth: int) -> tuple[Any, int]:
        """The value that starts with this event, and its height."""
        kind = type(event)
        self.nodes += 1
        if kind is ScalarEvent:
            if event.tag is not None:
                self.tagged(event)
            value = core_scalar(event.value) if event.implicit[0] else event.value
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1, 1)
            return value, 1
        if kind is AliasEvent:
            return self.alias(event, depth)
        if depth >= MAX_DEPTH:
            raise self.refuse(codes.TOO_DEEP.at(self.span(event), limit=MAX_DEPTH))
        if event.tag is not None:
            self.tagged(event)
        before = self.nodes
        if event.anchor is not None:
            self.anchors[event.anchor] = (_OPEN, 0, 0)
        made: Map | Seq
        made, height = (
            self.mapping(event, depth) if kind is MappingStartEvent else self.sequence(event, depth)
        )
        if event.anchor is not None:
            self.anchors[event.anchor] = (made, self.nodes - before + 1, height)
        return made, height

    def tagged(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        help = "remove it; text is written in quotes"
        self.found.append(codes.TAG.at(self.span(event), tag=tag, help=help))

    def alias(self, event: Any, depth: int) -> tuple[Any, int]:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise self.refuse(codes.SYNTAX.at(self.span(event), problem=_no_anchor(event.anchor)))
        value, size, height = known
        if value is _OPEN:
            raise self.refuse(codes.RECURSIVE_ALIAS.at(self.span(event), anchor=event.anchor))
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise self.refuse(self.too_many(event))
        if depth + height > MAX_DEPTH:
            raise self.refuse(codes.TOO_DEEP.at(self.span(event), limit=MAX_DEPTH))
        return value, height

    def mapping(self, start: Any, depth: int) -> tuple[Map, int]:
        made = Map()
        marks: dict[str, tuple[Any, Any]] = {}
        made.file, made.source, made.marks, made.lent = self.file, self.text, marks, NOTHING_LENT
        made.start = start.start_mark
        merged: set[str] = set()
        height = 0
        event = self.next()
        while type(event) is not MappingEndEvent:
            plain = type(event) is ScalarEvent and event.anchor is None and event.tag is None
            # what nearly every key is: a word that can be nothing but text
            if plain and event.value[:1].isalpha() and event.value not in _WORDS:
                key = event.value
            else:
                key = self.key(event)
            at = self.next()
            if key == "<<" and event.implicit[0]:
                value, below = self.value(at, depth + 1)
                height = max(height, below)
                self.merge(made, value, at, merged)
                event = self.next()
                continue
            if key in made and key not in merged:
                self.found.append(
                    codes.DUPLICATE_KEY.at(
                        self.span(event),
                        key=key,
                        related=(Related(span_of(self.file, marks[key][0]), "first defined here"),),
                    )
                )
            merged.discard(key)
            if type(at) is ScalarEvent and at.tag is None and at.anchor is None:
                self.nodes += 1
                made[key] = core_scalar(at.value) if at.implicit[0] else at.value
            else:
                made[key], below = self.value(at, depth + 1)
                if below > height:
                    height = below
            marks[key] = (event, at)
            event = self.next()
        made.end = event.end_mark if start.flow_style else start.end_mark
        if self.nodes > MAX_NODES:
            raise self.refuse(self.too_many(start))
        return made, height + 1

    def key(self, event: Any) -> str:
        if type(event) is not ScalarEvent:
            raise self.refuse(
                codes.KEY_NOT_TEXT.at(
                    self.span(event), what="a key that is a list, a mapping or an alias"
                )
            )
        if event.tag is not None:
            self.tagged(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (event.value, 1, 1)
        value = event.value
        if event.implicit[0] and not isinstance(core_scalar(value), str):
            self.found.append(
                codes.KEY_NOT_TEXT.at(
                    self.span(event), what=f"the key `{value}`", help="write it in quotes"
                )
            )
        return str(value)

    def merge(self, into: Map, value: Any, at: Any, merged: set[str]) -> None:
        sources = value if isinstance(value, Seq) else [value]
        for source in sources:
            if not isinstance(source, Map):
                self.found.append(codes.MERGE.at(self.span(at)))
                return
            for key, item in source.items():
                if key not in into:
                    into[key] = item
                    into.marks[key] = source.marks[key]
                    merged.add(key)

    def sequence(self, start: Any, depth: int) -> tuple[Seq, int]:
        made = Seq()
        marks: list[Any] = []
        made.file, made.source, made.marks = self.file, self.text, marks
        made.start = start.start_mark
        height = 0
        event = self.next()
        while type(event) is not SequenceEndEvent:
            marks.append(event)
            value, below = self.value(event, depth + 1)
            made.append(value)
            height = max(height, below)
            event = self.next()
        made.end = event.end_mark if start.flow_style else start.end_mark
        if self.nodes > MAX_NODES:
            raise self.refuse(self.too_many(start))
        return made, height + 1


_OPEN: Final = object()
"""Stands for an anchored value that is still being read."""


def _no_anchor(anchor: str) -> str:
    return f"the alias `*{anchor}` has no anchor `&{anchor}` before it"


def load(text: str, file: str) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Every document of a file's text, and what is wrong with its YAML.

    Documents that come before a syntax error are returned too; a document with an error
    of its own (a duplicate key, a tag) is returned as far as it makes sense.
    """
    found: list[Diagnostic] = []
    documents: list[Document] = []
    if len(text) > MAX_BYTES:
        return (), too_large(file)
    try:
        builder = _Builder(file, text, found)
        event = builder.next()
        while type(event) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                builder.anchors.clear()
                before = len(found)
                first = builder.next()
                value, _ = builder.value(first, 0)
                number, wrong = len(documents) + 1, tuple(found[before:])
                documents.append(Document(file, number, value, text, wrong, span_of(file, first)))
            event = builder.next()
    except _Refused as refused:
        found.append(refused.diagnostic)
    except yaml.MarkedYAMLError as error:
        found.append(_syntax(error, file, text))
    except yaml.reader.ReaderError as error:
        found.append(_unreadable(error, file, text))
    except UnicodeEncodeError as error:
        found.append(codes.NOT_TEXT.at(place_in(text, error.start, file), what="a lone surrogate"))
    return tuple(documents), tuple(found)


def _syntax(error: yaml.MarkedYAMLError, file: str, text: str) -> Diagnostic:
    mark = error.problem_mark or error.context_mark
    if merges.is_marked(text.encode(errors="replace")):
        number = next(
            at for at, one in enumerate(split_lines(text), 1) if one.startswith("<<<<<<< ")
        )
        return codes.SYNTAX.at(
            Span(file, number, 1, number, 8),
            problem="a merge left its marks of conflicts here",
            help="choose a side, or put the two together, and remove the marks",
        )
    if mark is None:
        span = Span(file, 1, 1, 1, 1)
    else:
        span = Span(file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
    problem = error.problem or "this is no YAML"
    context = f" {error.context}" if error.context else ""
    related: tuple[Related, ...] = ()
    if error.context_mark is not None and mark is not error.context_mark:
        start = error.context_mark
        if (start.line, start.column) != (span.line - 1, span.column - 1):
            here = Span(file, start.line + 1, start.column + 1, start.line + 1, start.column + 2)
            related = (Related(here, "begun here"),)
    return codes.SYNTAX.at(
        span,
        problem=f"{problem}{context}",
        help=_syntax_help(problem, text, span.line),
        related=related,
    )


def _syntax_help(problem: str, text: str, line: int) -> str | None:
    lines = split_lines(text)
    around = "\n".join(lines[max(0, line - 3) : line])
    if "\t" in problem or ("cannot start any token" in problem and "\t" in around):
        return "YAML is indented with spaces, never with tabs"
    if "${{" in around:
        return "quote a value that holds `${{ … }}` together with `: `, ` #`, a comma or a bracket"
    if "mapping values are not allowed" in problem:
        return "a text that holds `: ` must be quoted"
    if "did not find expected key" in problem or "did not find expected '-'" in problem:
        return "the entries of one mapping or list begin in the same column"
    if "alias" in problem or "anchor" in problem:
        return "a text that starts with `*` or `&` must be quoted"
    return None


def _unreadable(error: yaml.reader.ReaderError, file: str, text: str) -> Diagnostic:
    character = error.character
    shown = f"the character U+{character:04X}" if isinstance(character, int) else "a byte"
    # libyaml counts its position in bytes, the Python reader in characters: search for it instead
    index = text.find(chr(character)) if isinstance(character, int) else -1
    return codes.NOT_TEXT.at(place_in(text, max(index, 0), file), what=shown)
