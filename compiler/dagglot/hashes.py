"""SHA-256 of files: from memory where the file system says that a file is as it was.

The memory is this user's alone, beside no output and in no repository. It can go at any time, which
costs a compile that reads all files again; what the manifest says is never taken from it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from pathlib import Path
from typing import Final

from dagglot import paths, resources

_KIND: Final = 2
_MARGIN: Final = 2_000_000_000
"""Nanoseconds. A file that is younger than this may change once more and keep its time: the clock
of a file system may tick as slowly as every two seconds (FAT)."""
WORTH: Final = 50
"""Files. To hash fewer takes no longer than to ask a memory for them."""
_DAYS: Final = 30


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def of_text(data: bytes) -> str:
    """The hash of a text that a person wrote: git gives it other line ends on another system."""
    return digest(data.replace(b"\r\n", b"\n"))


class Hashes:
    """The hashes of the files of one output folder, and of those that they were made from."""

    def __init__(self, folder: Path | None = None) -> None:
        self.start = time.time_ns()
        """No file that changed after it is remembered: its hash may be of what it was before."""
        self.folder = "" if folder is None else str(folder)
        self.sealed = ""
        """The hash of a manifest of which every entry is known to be as it was written."""
        self.known: dict[str, str] = {}
        self.seen: dict[str, str] = {}
        self.dirty = False
        if folder is not None:
            self._load()

    def text(self, path: str, most: int, state: str | None = None) -> str | None:
        """The hash of a text that a person wrote; None where there is none, or too long a one. Its
        ``state`` (`paths.state`) may be known: it is to be from before this."""
        known = self.known.get(path) if state else None
        if state and known is not None and known.startswith(state):
            return known[len(state) :]
        return self._of(path, path, most)

    def output(self, path: str) -> str | None:
        """The hash of a generated file, by its path below the folder; None where there is none."""
        return self._of(path, f"{self.folder}/{path}", None)

    def seals(self, manifest: str) -> None:
        """Remember that every entry of the manifest with this hash is as it was written."""
        if manifest != self.sealed:
            self.sealed, self.dirty = manifest, True

    def _of(self, key: str, place: str, most: int | None) -> str | None:
        try:
            now = os.stat(place)  # noqa: PTH116 - of a thousand files, a Path each costs as much
            if not stat.S_ISREG(now.st_mode) or (most is not None and now.st_size > most):
                return None
            state = paths.state_of(now)
            known = self.known.get(key)
            if known is not None and known.startswith(state):
                return known[len(state) :]
            data = paths.read(place)
        except (OSError, ValueError):
            return None
        made = digest(data) if most is None else of_text(data)
        if max(now.st_mtime_ns, now.st_ctime_ns) < self.start - _MARGIN:
            self.seen[key] = state + made
            self.dirty = True
        return made

    # --- the memory -----------------------------------------------------------------------------

    def _place(self) -> Path:
        name = digest(os.fsencode(self.folder))[:32]
        return resources.cache("hashes") / f"{name}.json"

    def _load(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            data = json.loads(paths.read(self._place()))
            if data["kind"] == _KIND and data["folder"] == self.folder:
                known = {str(key): str(one) for key, one in data["files"].items()}
                self.known, self.sealed = known, str(data["manifest"])

    def save(self) -> None:
        """Remember what was read. That it cannot be kept is no harm."""
        if not self.dirty or len(self.known) + len(self.seen) < WORTH:
            return
        files = {
            key: one
            for key, one in self.known.items()
            if key not in self.seen and paths.exists(Path(self.folder, key))
        }
        data = {
            "kind": _KIND,
            "folder": self.folder,
            "manifest": self.sealed,
            "files": {**files, **self.seen},
        }
        with contextlib.suppress(OSError, ValueError):
            place = self._place()
            draft = place.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
            draft.replace(place)
            _forget_old(place.parent)


def _forget_old(folder: Path) -> None:
    """What has not been written for long belongs to a folder that is gone, most likely."""
    least = time.time() - _DAYS * 24 * 3600
    for place in folder.iterdir():
        if place.stat().st_mtime < least:
            place.unlink()
