"""Finds the files that come with dagglot: `schemas/…` and `templates/…`.

A wheel carries them inside the package; a checkout and an editable install have them beside
`compiler/`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_CHECKOUT: Final = _PACKAGE.parent.parent


def path(relative: str) -> Path:
    """Where `schemas/…` or `templates/…` is on disk: a file or a folder.

    Raises FileNotFoundError for what dagglot does not come with: a bug, never a user's error.
    """
    for root in (_PACKAGE, _CHECKOUT):
        candidate = root / relative
        if candidate.exists():
            return candidate
    raise FileNotFoundError(relative)


def text(relative: str) -> str:
    """The text of `schemas/…` or `templates/…`."""
    return path(relative).read_text(encoding="utf-8")


def cache(relative: str) -> Path:
    """A folder of this user's for what can be made again, private to them; made if need be.

    Raises OSError where there can be none.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        root = base if base.is_absolute() else Path.home() / ".cache"  # as the XDG rules have it
    except RuntimeError as error:  # nobody's home
        raise FileNotFoundError("~") from error
    folder = root / "dagglot" / relative
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
