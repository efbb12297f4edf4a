"""The files of a git commit, read from its objects: nothing is checked out, nothing is written."""

from __future__ import annotations

import os
import posixpath
import subprocess
import sys
from collections.abc import Iterator, Mapping
from errno import ENOENT
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean

_LINK: Final = "120000"
_SUBMODULE: Final = "160000"
_MOST_LINKS: Final = 40
_ALIKE: Final = "-M30%"
"""A short document is soon half another one. What git pairs is gone from its old place anyway."""


class _Entry(NamedTuple):
    mode: str
    object: str


class GitTree:
    """The tree of a commit, at the paths that its files have in the working tree."""

    def __init__(self, top: Path, commit: str, entries: Mapping[str, _Entry]) -> None:
        self.top = top
        self.commit = commit
        self.entries = entries
        self.folders: dict[str, tuple[list[str], list[str]]] = {"": ([], [])}
        """By path: the names of the folders and of the files in each."""
        for key in entries:
            self._add(key)
        self._blobs: subprocess.Popen[bytes] | None = None

    def _add(self, key: str) -> None:
        head, _, name = key.rpartition("/")
        self._folder(head)[1].append(name)

    def _folder(self, key: str) -> tuple[list[str], list[str]]:
        if key not in self.folders:
            head, _, name = key.rpartition("/")
            self._folder(head)[0].append(name)
            self.folders[key] = ([], [])
        return self.folders[key]

    def close(self) -> None:
        """End the process that reads objects."""
        if self._blobs is not None:
            self._blobs.communicate()
            self._blobs = None

    # --- as `trees.Tree` ------------------------------------------------------------------------

    def read(self, path: str | Path, most: int = sys.maxsize) -> bytes:
        """See `trees.Tree`."""
        entry = self.entries.get(self._find(path) or "")
        if entry is None:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(path))
        return self._object(entry.object)[:most]

    def is_file(self, path: str | Path) -> bool:
        """See `trees.Tree`."""
        return self._find(path) in self.entries

    def is_folder(self, path: Path) -> bool:
        """See `trees.Tree`."""
        return self._find(path) in self.folders

    def real(self, path: str | Path) -> Path:
        """See `trees.Tree`."""
        key = self._find(Path(path))
        return Path(os.path.abspath(path)) if key is None else self.top / key  # noqa: PTH100

    def is_link(self, path: str | Path) -> bool:
        """See `trees.Tree`."""
        key = self._key(path)
        return key is not None and self._is_link(key)

    def state(self, _path: str | Path, /) -> str | None:
        """Nothing: git keeps no times, and a commit does not change."""
        return None

    def walk(self, folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        """See `trees.Tree`; links to folders are not followed."""
        key = self._find(folder)
        if key not in self.folders:
            return
        left = [(str(folder), key)]
        while left:
            place, key = left.pop()
            folders, files = (list(names) for names in self.folders[key])
            yield place, folders, files
            left += [(f"{place}/{name}", posixpath.join(key, name)) for name in folders[::-1]]

    def glob(self, folder: Path, pattern: str) -> Iterator[Path]:
        """See `trees.Tree`; files alone."""
        parts = PurePosixPath(pattern).parts
        if pattern.startswith("/"):
            # what `Path.glob` says, for the one who reports it: see `inputs`
            raise NotImplementedError("Non-relative patterns are unsupported")
        while parts[:1] == ("..",):
            folder, parts = folder.parent, parts[1:]
        if not parts or any("**" in part and part != "**" for part in parts):
            raise ValueError(f"Unacceptable pattern: {pattern!r}")
        if parts[-1] == "**" and sys.version_info < (3, 13):
            return  # it means folders alone there
        for place, _, files in self.walk(folder):
            inner = Path(place).relative_to(folder).parts
            yield from (Path(place, name) for name in files if _matches(parts, (*inner, name)))

    # --- paths ----------------------------------------------------------------------------------

    def _key(self, path: str | Path) -> str | None:
        """The path from the top of the repository; None outside of it."""
        for one in (os.path.abspath(path), os.path.realpath(path)):  # noqa: PTH100
            if Path(one).is_relative_to(self.top):
                key = Path(one).relative_to(self.top).as_posix()
                return "" if key == "." else key
        return None

    def _find(self, path: str | Path) -> str | None:
        """The path from the top where links lead to; None where that is outside of it."""
        key = self._key(path)
        for _ in range(_MOST_LINKS):
            if key is None:
                return None
            parts = key.split("/")
            heads = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
            link = next((head for head in heads if self._is_link(head)), None)
            if link is None:
                return key
            target = os.fsdecode(self._object(self.entries[link].object))
            rest = key[len(link) + 1 :]
            made = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, rest))
            outside = made.startswith(("/", "../")) or made == ".."
            key = None if outside else "" if made == "." else made
        return None

    def _is_link(self, key: str) -> bool:
        entry = self.entries.get(key)
        return entry is not None and entry.mode == _LINK

    # --- git ------------------------------------------------------------------------------------

    def _object(self, name: str) -> bytes:
        if self._blobs is None:
            self._blobs = subprocess.Popen(
                ["git", "-C", str(self.top), "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        to, answers = self._blobs.stdin, self._blobs.stdout
        assert to is not None and answers is not None  # noqa: S101 - pipes were asked for
        to.write(f"{name}\n".encode())
        to.flush()
        words = answers.readline().split()
        if len(words) != 3:
            raise OSError(ENOENT, "git does not have this object: is the clone partial?")
        data = answers.read(int(words[2]))
        answers.read(1)
        return data

    def renames(self) -> Mapping[Path, Path]:
        """What files of the working tree were called in the commit, as far as git tracks them."""
        options = (_ALIKE, "--name-status", "-z", "--diff-filter=R")
        done = _git(self.top, "diff", *options, self.commit, "--")
        words = os.fsdecode(done.stdout).split("\0")
        return {
            self.top / new: self.top / old
            for _, old, new in zip(words[::3], words[1::3], words[2::3], strict=False)
        }


def _matches(parts: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        return any(_matches(parts[1:], names[begin:]) for begin in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], parts[0]) and _matches(parts[1:], names[1:])


def is_ref(folder: Path, ref: str) -> bool:
    """Whether git knows a commit by this name."""
    try:
        return not _git(folder, "rev-parse", "--verify", "--quiet", _commit(ref)).returncode
    except FileNotFoundError:
        return False


def below_top(folder: Path) -> str:
    """A folder as the top of its repository has it: `teams/sales`; the top itself, and what lies in
    none, is nothing."""
    for one in (folder, *folder.parents):
        if (one / ".git").exists():
            return "" if one == folder else folder.relative_to(one).as_posix()
    return ""


def open_tree(folder: Path, ref: str) -> GitTree | Diagnostic:
    """The tree of a commit in the repository that a folder lies in, or why there is none."""
    try:
        top = _git(folder, "rev-parse", "--show-toplevel")
    except FileNotFoundError:
        return codes.NO_GIT.at(None, ref=ref)
    if top.returncode:
        problem = top.stderr.decode("utf-8", "replace").strip().splitlines()
        words = problem[0].removeprefix("fatal: ") if problem else "git does not say why"
        return codes.NO_REPOSITORY.at(None, ref=ref, problem=words)
    root = Path(os.path.realpath(os.fsdecode(top.stdout.rstrip(b"\n"))))
    found = _git(root, "rev-parse", "--verify", "--quiet", _commit(ref))
    if found.returncode:
        return codes.UNKNOWN_REF.at(None, ref=ref, help=_remedy(root, ref))
    commit = found.stdout.decode().strip()
    listed = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    if listed.returncode:
        return codes.UNKNOWN_REF.at(None, ref=ref, help=_remedy(root, ref))
    entries = {}
    for line in os.fsdecode(listed.stdout).split("\0"):
        head, _, path = line.partition("\t")
        if path and not head.startswith(_SUBMODULE):
            mode, _, name = head.split()
            entries[path] = _Entry(mode, name)
    return GitTree(root, commit, entries)


def _commit(ref: str) -> str:
    # a name that begins with a dash would be an option
    return f"{ref}^{{commit}}" if not ref.startswith("-") else ""


def _remedy(root: Path, ref: str) -> str | None:
    shallow = _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
    if shallow:
        return "this clone is shallow: fetch the commit first, or all with `git fetch --unshallow`"
    names = _git(root, "for-each-ref", "--format=%(refname:short)").stdout
    return did_you_mean(ref, names.decode("utf-8", "replace").split())


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    return subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, env=environment, check=False
    )
