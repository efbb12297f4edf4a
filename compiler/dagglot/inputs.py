"""From paths on the command line to documents: files, folders, or a project's globs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

from dagglot import source
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.frozen import dataclass
from dagglot.paths import shown_path
from dagglot.project import FILE_NAME, Project
from dagglot.source import Document, Map
from dagglot.trees import DISK, Tree

_SUFFIXES: Final = (".yaml", ".yml")
_OURS: Final = re.compile(r"\bdagglot[\"']?\s*:")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may hold pipelines.

    ``place`` is its path from the root, without links; ``shown`` is its path for messages;
    ``label`` the one in the header of generated files, which does not depend on the working
    directory. ``strict``: the file was named, or matches the project's glob, so a document in it
    that is not dagglot's is an error. ``state`` is the `paths.state` of the file when it was found.
    """

    path: str
    place: str
    shown: str
    label: str
    strict: bool
    tree: Tree = field(default=DISK, compare=False)
    state: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The files to compile. ``folders`` were searched whole, so what is missing there is gone."""

    files: tuple[SourceFile, ...]
    folders: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def find(paths: Sequence[Path], project: Project) -> Found:
    """The files of the named paths; with none, those of the project."""
    # by the texts of the paths, which are quicker to look up than the paths
    files: dict[str, SourceFile] = {}
    places = _Places(project)
    folders: list[Path] = []
    found: list[Diagnostic] = []
    named = [path for path in paths if not _is_project_file(path, project)]
    if not paths or len(named) < len(paths):
        files.update(_globbed(project, places, found))
        folders.append(project.root)
        if not files and not found:
            found.append(codes.NO_PIPELINES.at(None, path=shown_path(project.root)))
    for path in named:
        if project.tree.is_folder(path):
            folders.append(path)
            nested: list[Path] = []
            for inner in _yaml_files(path, nested, project.tree):
                if inner not in files:
                    files[inner] = places.file(inner, path, strict=False)
            found.extend(codes.NESTED_PROJECT.at(None, path=shown_path(one)) for one in nested)
        else:
            files[str(path)] = places.file(str(path), path.parent, strict=True)
    unique: dict[str, SourceFile] = {}
    for file in files.values():
        place = file.place
        # a file that was named, and is in a folder that was named too, is one that was named
        if place not in unique or (file.strict and not unique[place].strict):
            unique[place] = file
    return Found(tuple(unique.values()), tuple(folders), tuple(found))


def _is_project_file(path: Path, project: Project) -> bool:
    """Whether the project's own file was named: that is to name its pipelines."""
    own = project.root / FILE_NAME
    is_it = path.name == FILE_NAME and project.document is not None
    return is_it and project.tree.real(path) == project.tree.real(own)


def _globbed(
    project: Project, places: _Places, found: list[Diagnostic]
) -> Iterator[tuple[str, SourceFile]]:
    for pattern in project.pipelines:
        try:
            found_paths = map(str, project.tree.glob(project.root, pattern))
            matches = sorted(found_paths, key=lambda path: path.split("/"))
        except (ValueError, NotImplementedError, OSError) as error:
            found.append(_bad_glob(project, pattern, str(error)))
            continue
        for path in matches:
            if os.path.basename(path) != FILE_NAME and project.tree.is_file(path):  # noqa: PTH119
                yield path, places.file(path, project.root, strict=True)


def _bad_glob(project: Project, pattern: str, problem: str) -> Diagnostic:
    span = None
    if project.document is not None:
        path: tuple[str | int, ...] = ("pipelines",)
        written = project.document.value.get("pipelines")
        if isinstance(written, list):
            path = ("pipelines", written.index(pattern))
        span = project.document.span(path)
    return codes.BAD_VALUE.at(
        span,
        message=f"`{pattern}` is no pattern of files: {problem[:1].lower()}{problem[1:]}",
        help="write it from the folder of the project file, as in `pipelines/**/*.yaml`",
    )


def _yaml_files(folder: Path, nested: list[Path], tree: Tree) -> Iterator[str]:
    for root, folders, names in tree.walk(folder):
        here = Path(root)
        own = {name for name in folders if tree.is_file(here / name / FILE_NAME)}
        nested.extend(here / name for name in sorted(own))
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in own)
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and name != FILE_NAME and not name.startswith("."):
                yield name if root == os.curdir else f"{root.rstrip(os.sep)}{os.sep}{name}"


def one(path: Path, project: Project) -> SourceFile:
    """A file by itself, as if its folder had been searched."""
    return _Places(project).file(str(path), path.parent, strict=False)


class _Places:
    """Says where files are. Folders are looked up once: of a thousand files most share one.

    Paths are texts here, which are quicker to put together.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.folders: dict[tuple[str, str], tuple[str, str, str | None]] = {}
        self.here = _start(Path.cwd())

    def folder(self, path: str, base: str) -> tuple[str, str, str | None]:
        """What the place, the label and the shown path of each file in a folder start with."""
        known = self.folders.get((path, base))
        if known is None:
            tree = self.project.tree
            text = _start(tree.real(path))
            known = (text, _below(text, _start(tree.real(base))) or "", _below(text, self.here))
            self.folders[path, base] = known
        return known

    def file(self, path: str, base: Path, *, strict: bool) -> SourceFile:
        """The file at a path; without a project, ``base`` is what its label starts from."""
        tree = self.project.tree
        root = str(self.project.root if self.project.document is not None else base)
        folder, name = os.path.split(path)
        state = tree.state(path)
        if state is not None or not tree.is_link(path):
            place, label, shown = self.folder(folder, root)
            shown = path.replace(os.sep, "/") if shown is None else shown + name
            return SourceFile(path, place + name, shown, label + name, strict, tree, state)
        text = tree.real(path).as_posix()
        label = _below(text, _start(tree.real(root))) or name
        shown = _below(text, self.here) or path.replace(os.sep, "/")
        return SourceFile(path, text, shown, label, strict, tree)


def _start(folder: Path) -> str:
    """What the paths of the files below a folder start with."""
    return folder.as_posix().rstrip("/") + "/"


def _below(path: str, start: str) -> str | None:
    """The rest of a path; None where it does not start so."""
    return path[len(start) :] if path.startswith(start) else None


def read(file: SourceFile) -> tuple[bytes | None, Diagnostic | None]:
    """The bytes of a file, or why they cannot be read."""
    try:
        # one byte more than is allowed is enough to refuse a file, or a device, that has no end
        return file.tree.read(file.path, source.MAX_BYTES + 1), None
    except FileNotFoundError:
        reason = "there is no such file"
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return None, codes.CANNOT_READ.at(None, file=file.shown, reason=reason)


def may_be_ours(file: SourceFile) -> bool:
    """Whether there may be a pipeline in a file, or else only what is passed over."""
    if file.strict:
        return True
    data, _ = read(file)
    return data is not None and _OURS.search(data.decode("utf-8", "replace")) is not None


def documents(
    file: SourceFile, data: bytes
) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...], str, int]:
    """The dagglot documents of a file, its findings, its text, and how many were passed over."""
    if len(data) > source.MAX_BYTES:
        if not file.strict and b"dagglot" not in data:
            return (), (), "", 1
        return (), source.too_large(file.shown), "", 0
    text, unreadable = source.decode(data, file.shown)
    if text is None:
        if not file.strict and b"dagglot" not in data:
            return (), (), "", 1
        return (), (unreadable,) if unreadable else (), "", 0
    if not file.strict and not _OURS.search(text):
        return (), (), text, 1
    from dagglot import yaml_reader  # not before a file has to be read anew

    loaded, found = yaml_reader.load(text, file.shown)
    ours = tuple(document for document in loaded if source.is_ours(document))
    # nothing stands after a last `---`: no document of anybody
    others = [one for one in loaded if one.value is not None and not source.is_ours(one)]
    if not file.strict:
        foreign = {finding for document in others for finding in document.found}
        found = tuple(finding for finding in found if finding not in foreign)
        return ours, found, text, len(others)
    if not found:
        found = tuple(codes.NOT_OURS.at(_first_line(document)) for document in others)
        if not ours and not others:
            found = (codes.NO_PIPELINES.at(None, path=file.shown),)
    return ours, found, text, 0


def _first_line(document: Document) -> Span:
    """Where a document begins: not all of it, which may be long."""
    if isinstance(document.value, Map) and document.value:
        return document.value.key_span(next(iter(document.value)))
    return document.start or document.span(())
