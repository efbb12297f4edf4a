"""Files to disk: all or nothing, nothing when equal, and never a file of somebody else."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from pathlib import Path, PurePosixPath

from dagglot import paths
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.paths import shown_path


@dataclass(frozen=True, slots=True)
class Plan:
    """What a compile would do to one output folder. Paths are relative to it."""

    root: Path
    create: Mapping[PurePosixPath, str]
    update: Mapping[PurePosixPath, str]
    remove: tuple[PurePosixPath, ...]
    kept: int
    generated: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """The files of the last compile, with the hashes that they had then."""
    theirs: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """The same of the other side, where a merge has left its marks in the manifest."""
    why: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """Of files that are not as they would be generated, where it is known (see `reasons`)."""
    moved: str = ""
    """From which version of the target to which the folder is compiled."""

    @property
    def changes(self) -> bool:
        return bool(self.create or self.update or self.remove)


def content(root: Path, path: PurePosixPath) -> str | None:
    """The text of an output file; None where there is none.

    What is not text, and what cannot be read, is no text that is ever generated.
    """
    found = data(root, path)
    return None if found is None else found.decode("utf-8", "replace")


def data(root: Path, path: PurePosixPath) -> bytes | None:
    """The bytes of an output file; see `content`."""
    try:
        return paths.read(f"{root}/{path}")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return b"\0" if paths.exists(root / path) else None


def plan(
    root: Path,
    files: Mapping[PurePosixPath, str | None],
    ours: Collection[PurePosixPath],
    *,
    force: bool,
) -> tuple[Plan, tuple[Diagnostic, ...]]:
    """What to write so that the folder holds these files; None is one that it holds already.

    ``ours`` are the paths that the manifest says were generated: of those, the ones that are no
    longer made are removed. A file that exists, differs and is not ours is a finding.
    """
    found: list[Diagnostic] = []
    create: dict[PurePosixPath, str] = {}
    update: dict[PurePosixPath, str] = {}
    kept = 0
    outside: dict[PurePosixPath, bool] = {}  # by folder: most files are in the same one
    for path, text in files.items():
        if text is None:
            kept += 1
            continue
        if path.parent not in outside:
            outside[path.parent] = _leads_out(root, path)
        found.extend(_path_findings(root, path, leads_out=outside[path.parent]))
        current = content(root, path)
        if current is None:
            create[path] = text
        elif current == text:
            kept += 1
        else:
            if path not in ours and not force:
                help = "remove it, choose another folder, or overwrite it with `--force`"
                found.append(codes.NOT_OURS_TO_WRITE.at(None, file=_shown(root, path), help=help))
            update[path] = text
    gone = sorted(path for path in ours if path not in files)
    remove = tuple(path for path in gone if _is_inside(root, path) and (root / path).is_file())
    return Plan(root, create, update, remove, kept), tuple(found)


def _shown(root: Path, path: PurePosixPath) -> str:
    return shown_path(root / path)


def _is_inside(root: Path, path: PurePosixPath) -> bool:
    """Whether a path of a manifest stays in its folder; a manifest is only a file."""
    return not path.is_absolute() and ".." not in path.parts and not _leads_out(root, path)


def _leads_out(root: Path, path: PurePosixPath) -> bool:
    return not paths.real((root / path).parent).is_relative_to(paths.real(root))


def _path_findings(root: Path, path: PurePosixPath, *, leads_out: bool) -> Iterator[Diagnostic]:
    place = root / path
    if leads_out or paths.is_link(place):
        yield codes.SYMLINK.at(None, file=_shown(root, path))
        return
    if paths.exists(place) and not paths.is_file(place):
        what = "a folder" if paths.is_folder(place) else "something that is no file"
        reason = f"{what} stands there"
        yield codes.CANNOT_WRITE.at(None, file=_shown(root, path), reason=reason)
    for parent in place.parents:
        if paths.is_folder(parent):
            break
        if paths.exists(parent):
            # named by itself: said once, however many files were to go below it
            yield codes.CANNOT_WRITE.at(None, file=shown_path(parent), reason="it is not a folder")
            break


def apply(plans: Collection[Plan]) -> tuple[Diagnostic, ...]:
    """Carry the plans out: every new text is on disk before the first file is replaced.

    A failure at any point leaves every file as it was, its time and its mode included.
    """
    work = _Work()
    place = Path()
    try:
        for one in plans:
            for path, text in (*one.create.items(), *one.update.items()):
                place = one.root / path
                work.stage(place, text)
            for path in one.remove:
                place = one.root / path
                work.keep(place)
        for place in work.staged:
            work.replace(place)
        for one in plans:
            for path in one.remove:
                place = one.root / path
                place.unlink()
    except OSError as error:
        work.undo()
        reason = error.strerror or str(error)
        return (codes.CANNOT_WRITE.at(None, file=shown_path(place), reason=reason),)
    except BaseException:  # Ctrl-C in the middle, too
        work.undo()
        raise
    work.clean()
    for one in plans:
        for path in one.remove:
            _prune(one.root, (one.root / path).parent)
    return ()


class _Work:
    """Files on their way: new texts beside their places, and the old files under second names."""

    def __init__(self) -> None:
        self.staged: dict[Path, Path] = {}
        self.old: dict[Path, Path] = {}
        self.placed: list[Path] = []
        self.folders: list[Path] = []

    def stage(self, place: Path, text: str) -> None:
        """Lay a new text down beside its place."""
        missing = [folder for folder in place.parents if not paths.exists(folder)]
        for folder in reversed(missing):
            folder.mkdir()
            self.folders.append(folder)
        import tempfile  # not where nothing is written

        handle, name = tempfile.mkstemp(prefix=_prefix(place), suffix=".tmp", dir=place.parent)
        self.staged[place] = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        exists = place.exists()
        mode = place.stat().st_mode & 0o777 if exists else 0o666 & ~_umask()
        Path(name).chmod(mode)
        if exists:
            self.keep(place)

    def keep(self, place: Path) -> None:
        """Give an old file a second name, to have it back."""
        import tempfile

        with tempfile.NamedTemporaryFile(
            prefix=_prefix(place), suffix=".old", dir=place.parent, delete=False
        ) as made:
            second = Path(made.name)
        self.old[place] = second
        second.unlink()
        try:
            os.link(place, second)
        except OSError:  # a file system without links
            shutil.copy2(place, second)

    def replace(self, place: Path) -> None:
        """Put a new text in its place."""
        self.staged[place].replace(place)
        self.placed.append(place)

    def undo(self) -> None:
        """Everything as it was, as far as the disk lets us."""
        for place in self.placed:
            if place not in self.old:
                _forget(place)
        for place, second in self.old.items():
            with contextlib.suppress(OSError):
                second.replace(place)
        self.clean()
        for folder in reversed(self.folders):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def clean(self) -> None:
        """Leave nothing beside the files."""
        for path in (*self.staged.values(), *self.old.values()):
            _forget(path)


def _prefix(place: Path) -> str:
    """Hidden, and short enough beside a name of any length."""
    return f".{place.name[:40]}."


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _prune(root: Path, folder: Path) -> None:
    """Remove folders that became empty, up to the output folder itself."""
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
