"""Regular expressions of other packages, compiled when they are used, not when those are imported.

PyYAML and Jinja compile thirty as they are imported, one of them over all of Unicode; libyaml's
parser and templates from the cache need none. They were 6 to 8 ms of every command that reads a
pipeline, a twentieth of it, and neither package can be imported in part.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from typing import Any


class _Later:
    """Stands in for a pattern: what is asked of it is looked up in the compiled one, then kept."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._written = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._written), name)
        setattr(self, name, found)
        return found


@contextlib.contextmanager
def postponed(package: str) -> Iterator[None]:
    """While this lasts, `re.compile` puts off what modules of the package ask for, and no other."""
    compile_now = re.compile

    def compile(pattern: Any, flags: int = 0) -> Any:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        if caller.partition(".")[0] == package and isinstance(pattern, str):
            return _Later(pattern, flags)
        return compile_now(pattern, flags)

    re.compile = compile
    try:
        yield
    finally:
        re.compile = compile_now
