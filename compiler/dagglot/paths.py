"""Questions about paths that raise nothing: a name may be too long, a link may go in circles."""

from __future__ import annotations

import os
from pathlib import Path


def real(path: Path) -> Path:
    """The path from the root without links, as far as they lead anywhere."""
    return Path(os.path.realpath(path))


def is_folder(path: Path) -> bool:
    """Whether a folder is there, maybe by a link."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether a file is there, maybe by a link."""
    return os.path.isfile(path)  # noqa: PTH113


def is_link(path: Path) -> bool:
    """Whether a link is there, wherever it leads."""
    return os.path.islink(path)  # noqa: PTH114


def exists(path: Path) -> bool:
    """Whether anything is there, a link that leads nowhere included."""
    return os.path.lexists(path)


def shown_path(path: Path) -> str:
    """A path as a person wants to read it: from the working directory where it lies below."""
    here = Path.cwd()
    for one in (Path(os.path.abspath(path)), real(path)):  # noqa: PTH100 - links stay
        if one.is_relative_to(here):
            return one.relative_to(here).as_posix()
    return path.as_posix()
