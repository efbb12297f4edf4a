"""Documents: YAML 1.2 core values, and where in the file each of them stands.

Values are plain Python ones, held in mappings and sequences that know the marks of their entries:
the events of the YAML parser that they were made of (see `yaml_reader`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import LINE_END, Diagnostic, Span
from dagglot.frozen import dataclass

Key: TypeAlias = str | int
Path: TypeAlias = tuple[Key, ...]

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 64
MAX_NODES: Final = 200_000
"""Nodes of one file after its aliases are expanded; a YAML bomb has billions."""


class Map(dict[str, Any]):
    """A mapping that knows the file, its own place, and the places of its keys and values."""

    __slots__ = ("end", "file", "lent", "marks", "source", "start")
    file: str
    source: str
    """The text of the file."""
    start: Any
    end: Any
    marks: dict[str, tuple[Any, Any]]
    lent: Mapping[str, Map]
    """The mappings of other files that lent an entry, by its key."""

    def holder(self, key: str) -> Map:
        """The mapping in which an entry is written: this one, or one of another file."""
        return self.lent.get(key, self)

    def key_span(self, key: str) -> Span:
        """The place of a key."""
        return span_of(self.holder(key).file, self.marks[key][0])

    def span(self, key: str) -> Span:
        """The place of the value of a key."""
        return _value_span(self.holder(key).file, self.marks[key][1], self[key])

    def place(self) -> Span:
        """The place of the whole mapping."""
        return _between(self.file, self.start, self.end)

    def over(self, other: dict[str, Any]) -> Map:
        """Merged key by key, this one first; mappings inside are merged the same way."""
        made = self.copy_as(self, self.marks)
        for key, value in other.items():
            if key not in made:
                made[key] = value
                if isinstance(other, Map):
                    made.borrow(key, other)
            elif isinstance(made[key], Map) and isinstance(value, dict):
                made[key] = made[key].over(value)
        return made

    def copy_as(self, entries: Mapping[str, Any], marks: Mapping[str, tuple[Any, Any]]) -> Map:
        """Other entries at the place of this mapping."""
        made = Map(entries)
        made.file, made.source, made.marks = self.file, self.source, dict(marks)
        made.start, made.end, made.lent = self.start, self.end, self.lent
        return made

    def borrow(self, key: str, other: Map) -> None:
        """Take the place of an entry from another mapping, maybe one of another file."""
        self.marks[key] = other.marks[key]
        holder = other.holder(key)
        if holder.file != self.file:
            self.lent = {**self.lent, key: holder}


NOTHING_LENT: Final[Mapping[str, Map]] = {}


class Seq(list[Any]):
    """A sequence that knows the file, its own place, and the places of its items."""

    __slots__ = ("end", "file", "marks", "source", "start")
    file: str
    source: str
    start: Any
    end: Any
    marks: list[Any]

    def span(self, index: int) -> Span:
        """The place of an item."""
        return _value_span(self.file, self.marks[index], self[index])

    def place(self) -> Span:
        """The place of the whole sequence."""
        return _between(self.file, self.start, self.end)

    def copy_as(self, items: list[Any]) -> Seq:
        """Other items, one for each, at the places of these."""
        made = Seq(items)
        made.file, made.source, made.marks = self.file, self.source, self.marks
        made.start, made.end = self.start, self.end
        return made


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. ``number`` counts from 1 in its file; ``text`` is the whole file.

    ``found`` is what is wrong with its YAML: a duplicate key, a tag. ``start`` is where it begins.
    """

    file: str
    number: int
    value: Any
    text: str
    found: tuple[Diagnostic, ...] = ()
    start: Span | None = None

    def span(self, path: Path, *, on_key: bool = False) -> Span:
        """The place of the value at a key path, or of its last key; the nearest that exists."""
        holder, value = None, self.value
        span = self._root()
        for key in path:
            holder = value
            try:
                value = holder[key]
                if isinstance(holder, Map) and isinstance(key, str):
                    span = holder.key_span(key) if on_key else holder.span(key)
                elif isinstance(holder, Seq) and isinstance(key, int):
                    span = holder.span(key)
            except (KeyError, IndexError, TypeError):
                break
        return span

    def _root(self) -> Span:
        if isinstance(self.value, (Map, Seq)):
            return self.value.place()
        return self.start or Span(self.file, 1, 1, 1, 1)


def _is(event: Any, kind: str) -> bool:
    """Whether an event is of a class of `yaml.events`, told without importing it."""
    return type(event).__name__ == kind


def span_of(file: str, event: Any) -> Span:
    return _between(file, event.start_mark, event.end_mark)


def _between(file: str, start: Any, end: Any) -> Span:
    return Span(file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _value_span(file: str, event: Any, value: Any) -> Span:
    if not _is(event, "AliasEvent") and isinstance(value, (Map, Seq)):
        return value.place()
    return span_of(file, event)


def places(value: Map) -> dict[str, Span]:
    """The place of each key's value, and under ``key.0`` … of the items of a list."""
    made: dict[str, Span] = {}
    for key, item in value.items():
        if key not in value.marks:
            continue
        made[key] = value.span(key)
        if isinstance(item, Seq):
            made.update({f"{key}.{index}": item.span(index) for index in range(len(item))})
    return made


class Places(Mapping[str, Span]):
    """The `places` of a mapping, and ``more``: made when they are asked for, which most are not."""

    __slots__ = ("_all", "_more", "_value")

    def __init__(self, value: Map, more: Callable[[], Mapping[str, Span]]) -> None:
        self._value = value
        self._more = more
        self._all: dict[str, Span] | None = None

    def __getitem__(self, key: str) -> Span:
        if self._all is None:
            if key in self._value and key in self._value.marks:
                return self._value.span(key)
            self._all = {**places(self._value), **self._more()}
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        if self._all is None:
            self._all = {**places(self._value), **self._more()}
        return iter(self._all)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def expression_span(holder: Map | Seq, key: Any, text: str, offset: int, length: int) -> Span:
    """The place of a part of a scalar: ``offset`` counts in the ``text`` of the value.

    The part is looked for in the file as it is written there, in whatever style; where it cannot
    be found (it was folded over lines, or came by an alias), the place is that of the scalar.
    """
    if isinstance(holder, Map):
        written: Map | Seq = holder.holder(key)
        event = holder.marks[key][1]
    else:
        written, event = holder, holder.marks[key]
    if not _is(event, "ScalarEvent"):
        return holder.span(key)
    part = text[offset : offset + length]
    begin: Any = event.start_mark
    stop: Any = event.end_mark
    start, end = begin.index, stop.index
    for _ in range(text.count(part, 0, offset) + 1 if part else 0):
        found = written.source.find(part, start, end)
        if found < 0:
            break
        start = found + len(part)
    else:
        if part and "\n" not in part:
            return _place_after(begin, written.source, start - len(part), written.file, len(part))
    return holder.span(key)


class _Mark:
    """A place in a text, as the marks of the YAML parser are."""

    __slots__ = ("column", "index", "line")

    def __init__(self, text: str, index: int) -> None:
        self.index = index
        self.line = text.count("\n", 0, index)
        self.column = index - (text.rfind("\n", 0, index) + 1)


class ScalarEvent:
    """What stands for the text of a whole file where the marks of a scalar are asked for."""

    __slots__ = ("end_mark", "start_mark")

    def __init__(self, text: str) -> None:
        self.start_mark, self.end_mark = _Mark(text, 0), _Mark(text, len(text))


def with_file(holder: Map, key: str, value: Any, text: str, file: str) -> Map:
    """The mapping with one more entry, which stands in another file and is the text of it."""
    event = ScalarEvent(text)
    lender = holder.copy_as({key: value}, {key: (event, event)})
    lender.file, lender.source, lender.lent = file, text, NOTHING_LENT
    made = holder.copy_as({**holder, key: value}, holder.marks)
    made.borrow(key, lender)
    return made


def placed(value: Any, event: Any, holder: Map | Seq) -> Any:
    """Plain data as if it were written at the place of a scalar: each part has that place."""
    made: Map | Seq
    if isinstance(value, dict):
        made = Map({name: placed(item, event, holder) for name, item in value.items()})
        made.marks = dict.fromkeys(value, (event, event))
        made.lent = NOTHING_LENT
    elif isinstance(value, list):
        made = Seq(placed(item, event, holder) for item in value)
        made.marks = [event] * len(value)
    else:
        return value
    made.file, made.source = holder.file, holder.source
    made.start, made.end = event.start_mark, event.end_mark
    return made


def too_large(file: str) -> tuple[Diagnostic, ...]:
    """The finding for a file that is larger than is looked at."""
    limit = f"{MAX_BYTES // 1024 // 1024} MiB"
    return (codes.TOO_LARGE.at(None, what=f"`{file}`", limit=limit),)


def decode(data: bytes, file: str) -> tuple[str | None, Diagnostic | None]:
    """The text of a file: UTF-8, with or without a byte order mark; or where it is not."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        return None, codes.NOT_UTF8.at(
            place_in(before, len(before), file),
            byte=f"0x{data[error.start]:02x}",
            help="the file is UTF-16: save it as UTF-8" if wide else "save the file as UTF-8",
        )
    if "\0" in text:
        place = place_in(text, text.index("\0"), file)
        return None, codes.NOT_TEXT.at(place, what="a NUL character")
    return text, None


def place_in(text: str, index: int, file: str, length: int = 1) -> Span:
    """The place of some characters of one line."""
    return _counted(text, index, file, length, 0, 1, 0)


def _place_after(mark: Any, text: str, index: int, file: str, length: int) -> Span:
    """The same, by counting the lines from a mark before it: a large file has many of them."""
    return _counted(text, index, file, length, mark.index, mark.line + 1, mark.index - mark.column)


def _counted(
    text: str, index: int, file: str, length: int, from_: int, line: int, start: int
) -> Span:
    for ending in LINE_END.finditer(text, from_, index):
        line, start = line + 1, ending.end()
    column = index - start + 1
    return Span(file, line, column, line, column + length)


def is_ours(document: Document) -> bool:
    """A document belongs to dagglot when it has the key ``dagglot``."""
    return isinstance(document.value, Map) and "dagglot" in document.value


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below a value, itself first, with its key path."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))
