"""One file of `git diff`, for the people who read it: what a change means, then its lines.

git gives a driver two versions of a file in files of their own. The project file is the one of the
working tree for both.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dagglot import paths
from dagglot.frozen import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from dagglot.diagnostics.model import Diagnostic
    from dagglot.diff.judge import Diff
    from dagglot.ir.model import Pipeline

_PROJECT: Final = "dagglot.yaml"
_MOST: Final = 16 * 2**20
"""Bytes. A document may have fewer, and of one that has more that is said."""
_NOWHERE: Final = "/dev/null"
_PAINT: Final = re.compile(rb"\x1b\[[0-9;]*m")
_PLAIN: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two: its path from the top of the repository, where git has put it, its mode."""

    path: str
    file: str
    mode: str

    @property
    def is_there(self) -> bool:
        """Whether there was such a file."""
        return self.file != _NOWHERE

    def data(self) -> bytes:
        """What is in it; nothing where it cannot be read."""
        try:
            return paths.read(self.file, _MOST) if self.is_there else b""
        except OSError:
            return b""


@dataclass(frozen=True, slots=True)
class Asked:
    """What git asks of a driver (gitattributes, "Defining an external diff driver")."""

    old: Version
    new: Version
    moved: str = ""
    """Of a file that was renamed: what git says of it."""

    @classmethod
    def of(cls, words: Sequence[str]) -> Asked | None:
        """The arguments of a driver; None for others. A path alone is one that is not merged."""
        if len(words) not in (7, 9):
            return None
        path, old, _, old_mode, new, _, new_mode, *rest = words
        moved_to, moved = rest or (path, "")
        return cls(Version(path, old, old_mode), Version(moved_to, new, new_mode), moved)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the two versions mean: a diff, or why there is none of two that are pipelines."""

    diff: Diff | None = None
    wrong: tuple[Diagnostic, ...] = ()
    side: str = ""


def meaning(asked: Asked, now: datetime) -> Meaning | None:
    """What a change means; None where it is not one of pipelines."""
    versions = (asked.old, asked.new)
    name = Path(asked.new.path).name
    if not name.endswith((".yaml", ".yml")) or name == _PROJECT:
        return None
    texts = [one.data() for one in versions]
    if not any(b"dagglot" in text for text in texts):
        return None
    from dagglot.diff.judge import judge
    from dagglot.diff.texts import texts_of

    pipelines: list[tuple[Pipeline, ...]] = []
    sources: list[Mapping[str, str]] = []
    for version, data in zip(versions, texts, strict=True):
        found, wrong, read = _pipelines(version, data)
        if wrong:
            return Meaning(wrong=wrong, side="was" if version is asked.old else "is")
        pipelines.append(found)
        sources.append(read)
    if not any(pipelines):
        return None
    before, after = (texts_of(*one) for one in zip(pipelines, sources, strict=True))
    return Meaning(judge(pipelines[0], pipelines[1], now, (before, after)))


def _pipelines(
    version: Version, data: bytes
) -> tuple[tuple[Pipeline, ...], tuple[Diagnostic, ...], Mapping[str, str]]:
    if not version.is_there:
        return (), (), {}
    from dagglot import api
    from dagglot.inputs import SourceFile

    here = Path.cwd()
    folder, _, name = version.path.rpartition("/")
    place = paths.real(here / folder)
    opened = api.open_project(place, None, here)
    wrong = tuple(one for one in opened.diagnostics if one.is_error)
    if wrong:
        return (), wrong, {}
    shown = version.path
    file = SourceFile(version.file, f"{place.as_posix()}/{name}", shown, shown, strict=False)
    checked = api.check_file(file, opened.project.layers, data)
    wrong = tuple(one for one in checked.diagnostics if one.is_error)
    return tuple(one for one, _ in checked.pipelines), wrong, checked.texts


def patch(asked: Asked, *, colour: bool) -> bytes:
    """The lines, as git itself shows them."""
    old, new = asked.old, asked.new
    words = ["git", "--no-pager", "diff", "--no-index", "--no-ext-diff", "--no-textconv"]
    words += ["--color=always" if colour else "--color=never", "--", old.file, new.file]
    done = subprocess.run(words, capture_output=True, check=False)
    lines = done.stdout.splitlines(keepends=True)
    begin = next((at for at, line in enumerate(lines) if _plain(line).startswith(b"@@")), None)
    binary = any(_plain(line).startswith(b"Binary files ") for line in lines[:begin])
    head = list(_head(asked, lines=begin is not None, binary=binary))
    bold = "\x1b[1m{}\x1b[m" if colour else "{}"
    made = "".join(bold.format(line) + "\n" for line in head).encode("utf-8", "surrogateescape")
    return made + b"".join(lines[begin:] if begin is not None else [])


def _head(asked: Asked, *, lines: bool, binary: bool) -> Iterator[str]:
    old, new = asked.old, asked.new
    names = _quoted(f"a/{old.path}"), _quoted(f"b/{new.path}")
    yield f"diff --git {names[0]} {names[1]}"
    if not old.is_there:
        yield f"new file mode {new.mode}"
    elif not new.is_there:
        yield f"deleted file mode {old.mode}"
    elif old.mode != new.mode:
        yield f"old mode {old.mode}"
        yield f"new mode {new.mode}"
    yield from (line for line in asked.moved.splitlines() if not line.startswith("index "))
    sides = (names[0] if old.is_there else _NOWHERE, names[1] if new.is_there else _NOWHERE)
    if lines:
        yield f"--- {sides[0]}"
        yield f"+++ {sides[1]}"
    elif binary:
        yield f"Binary files {sides[0]} and {sides[1]} differ"


def _plain(line: bytes) -> bytes:
    return _PAINT.sub(b"", line)


def _quoted(path: str) -> str:
    """As git writes a path (`core.quotePath`)."""
    if _PLAIN.fullmatch(path):
        return path
    made = []
    for byte in path.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        if char in '"\\':
            made.append(f"\\{char}")
        else:
            made.append(char if _PLAIN.fullmatch(char) else f"\\{byte:03o}")
    return f'"{"".join(made)}"'
