"""Where files are read from: the disk, or another tree that answers as it does (`git.GitTree`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

from dagglot import paths


class Tree(Protocol):
    """Files and folders by their paths; what is not there raises OSError where it is read."""

    def read(self, path: str | Path, most: int) -> bytes:
        """A file from its start, at most so many bytes."""

    def is_file(self, path: str | Path) -> bool: ...

    def is_folder(self, path: Path) -> bool: ...

    def real(self, path: str | Path) -> Path:
        """The path from the root without links."""

    def is_link(self, path: str | Path) -> bool: ...

    def state(self, path: str | Path, /) -> str | None:
        """What changes with a file, if no link leads to it and there is such a thing: see
        `paths.state`."""

    def walk(self, folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        """As `os.walk`: a folder, the names of those in it, which may be left out, and of files."""

    def glob(self, folder: Path, pattern: str) -> Iterable[str | Path]:
        """As `Path.glob`."""


class Disk:
    """The files that are there now."""

    read = staticmethod(paths.read)
    is_file = staticmethod(paths.is_file)
    is_folder = staticmethod(paths.is_folder)
    is_link = staticmethod(paths.is_link)
    state = staticmethod(paths.state)

    def real(self, path: str | Path) -> Path:
        """The path from the root without links, as far as they lead anywhere."""
        return paths.real(Path(path))

    def walk(self, folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        """See `Tree`."""
        return os.walk(folder)

    def glob(self, folder: Path, pattern: str) -> Iterable[str | Path]:
        """See `Tree`."""
        usual = _USUAL.fullmatch(pattern)
        if usual is None or os.name != "posix":
            return folder.glob(pattern)
        return _below(f"{folder}/{usual['folder']}".rstrip("/"), usual["ending"], usual["deep"])


_USUAL: Final = re.compile(r"(?P<folder>(?:[\w-][\w.-]*/)*)(?P<deep>\*\*/)?\*(?P<ending>[\w.-]*)")
"""Patterns such as `pipelines/**/*.yaml`, for which `Path.glob` takes long."""


def _below(folder: str, ending: str, deep: str | None) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        if not deep:
            del folders[:]
        yield from (f"{place}/{name}" for name in names if name.endswith(ending))


DISK: Final[Tree] = Disk()
