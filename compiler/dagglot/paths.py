"""Questions about paths that raise nothing: a name may be too long, a link may go in circles.

And the bytes of a file, which do raise OSError.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Final

_USUAL: Final = 64 * 1024
"""Bytes that nearly every file is shorter than; to ask for more at once takes long."""
_BINARY: Final = getattr(os, "O_BINARY", 0)  # on Windows, where files are text by default


def real(path: Path) -> Path:
    """The path from the root without links, as far as they lead anywhere."""
    return Path(os.path.realpath(path))


def is_folder(path: str | Path) -> bool:
    """Whether a folder is there, maybe by a link."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: str | Path) -> bool:
    """Whether a file is there, maybe by a link."""
    return os.path.isfile(path)  # noqa: PTH113


def is_link(path: str | Path) -> bool:
    """Whether a link is there, wherever it leads."""
    return os.path.islink(path)  # noqa: PTH114


def state(path: str | Path) -> str | None:
    """What is another after each change of a file, as `state_of` has it; None for a link."""
    try:
        now = os.lstat(path)
    except (OSError, ValueError):
        return None
    return state_of(now) if stat.S_ISREG(now.st_mode) else None


def state_of(now: os.stat_result) -> str:
    """What is another after each change of a file: its size, its times, its number."""
    return f"{now.st_size} {now.st_mtime_ns} {now.st_ctime_ns} {now.st_ino} "


def exists(path: str | Path) -> bool:
    """Whether anything is there, a link that leads nowhere included."""
    return os.path.lexists(path)


def shown_path(path: Path) -> str:
    """A path as a person wants to read it: from the working directory where it lies below."""
    here = Path.cwd()
    for one in (Path(os.path.abspath(path)), real(path)):  # noqa: PTH100 - links stay
        if one.is_relative_to(here):
            return one.relative_to(here).as_posix()
    return path.as_posix()


def read(path: str | Path, most: int = sys.maxsize) -> bytes:
    """A file from its start, or the first bytes of it.

    A compile of unchanged files does little else, and `open` asks the system twice as much.
    """
    handle = os.open(path, os.O_RDONLY | _BINARY)
    try:
        parts: list[bytes] = []
        while most > 0 and (part := os.read(handle, min(most, _USUAL))):
            parts.append(part)
            most -= len(part)
        return b"".join(parts)
    finally:
        os.close(handle)
