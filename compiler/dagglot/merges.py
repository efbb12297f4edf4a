"""The marks that git leaves in a file where two sides of a merge do not fit together."""

from __future__ import annotations

import re
from typing import Final

_BEGIN: Final = b"<<<<<<< "
_BASE: Final = b"||||||| "
_MIDDLE: Final = b"======="
_END: Final = b">>>>>>> "
_MARKED: Final = re.compile(rb"^<<<<<<< .*?^=======\r?$.*?^>>>>>>> ", re.MULTILINE | re.DOTALL)


def is_marked(data: bytes) -> bool:
    """Whether a merge has left a conflict in a text."""
    return _MARKED.search(data) is not None


def sides(data: bytes) -> tuple[bytes, bytes] | None:
    """The text as the one side had it, and as the other; None where nothing is marked."""
    if not is_marked(data):
        return None
    made: tuple[list[bytes], list[bytes]] = ([], [])
    into: tuple[int, ...] = (0, 1)
    for line in data.splitlines(keepends=True):
        if line.startswith(_BEGIN):
            into = (0,)
        elif line.startswith(_BASE) and into == (0,):
            into = ()
        elif line.rstrip() == _MIDDLE and into != (0, 1):
            into = (1,)
        elif line.startswith(_END):
            into = (0, 1)
        else:
            for side in into:
                made[side].append(line)
    return b"".join(made[0]), b"".join(made[1])
