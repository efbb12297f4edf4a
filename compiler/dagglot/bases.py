"""The two sides of a diff: the pipelines that are there now, and those of a folder or a commit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from dagglot import api, git, paths
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.git import GitTree
from dagglot.ir.model import Pipeline
from dagglot.paths import shown_path
from dagglot.project import FILE_NAME, Project
from dagglot.trees import DISK, Tree
from dagglot.waivers import Waiver

_PATH: Final = re.compile(r"[./~]|.*[/\\]$|[A-Za-z]:")
"""What nobody calls a commit: a path that says it is one."""


@dataclass(frozen=True, slots=True)
class Side:
    """The pipelines of one side, what is wrong with them, and the texts of their files."""

    pipelines: tuple[Pipeline, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    project: Project | None = None
    """That of its pipelines; None where there is no project file."""

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """What its project file accepts."""
        return self.project.accepted_changes if self.project is not None else ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Those that its project file names."""
        return tuple(self.project.targets) if self.project is not None else ()

    @property
    def failed(self) -> bool:
        """Whether a pipeline may be missing."""
        return any(one.is_error for one in self.diagnostics)


def read(named: Sequence[Path], base: str, environment: str | None) -> tuple[Side, Side]:
    """The side of the base, then that of now. ``named`` are paths of the working tree; none: the
    project. What is not there on one side has no pipelines on it."""
    is_path = paths.exists(Path(base))
    where = _nearest(paths.real(named[0]) if named else Path.cwd())
    if is_path and not _PATH.match(base) and git.is_ref(where, base):
        return Side(diagnostics=(codes.AMBIGUOUS_BASE.at(None, ref=base),)), Side()
    if is_path:
        before = _of_path(named, Path(base), environment)
        if _has_none(before) and not paths.is_file(Path(base) / FILE_NAME):
            return Side(diagnostics=(codes.BASE_WITHOUT_PIPELINES.at(None, ref=base),)), Side()
    else:
        tree = git.open_tree(where, base)
        if isinstance(tree, Diagnostic):
            return Side(diagnostics=(tree,)), Side()
        try:
            before = _of_commit(named, tree, environment)
        finally:
            tree.close()
    after = _side([path for path in named if paths.exists(path)], named, environment, DISK)
    empty = not any(side and (side.pipelines or side.failed) for side in (before, after))
    if empty:
        return Side(diagnostics=(codes.NOTHING_IN_BASE.at(None, ref=base),)), Side()
    before, after = before or Side(), after or Side()
    whole = not named or any(paths.is_folder(path) for path in named)
    if not is_path and whole and _has_none(before):
        note = codes.ALL_IS_NEW.at(None, ref=base)
        before = replace(before, diagnostics=(*before.diagnostics, note))
    return before, after


def _has_none(side: Side | None) -> bool:
    """Whether there are no pipelines, and nothing hides that there are."""
    return side is None or not (side.pipelines or side.failed)


def _of_path(named: Sequence[Path], base: Path, environment: str | None) -> Side | None:
    """The same paths below a folder, where one of them is there; else all of it, or the file."""
    below = [base / one for one in map(_from_here, named) if one is not None]
    there = [path for path in below if paths.exists(path)]
    if there:
        return _side(there, there, environment, DISK)
    project = base / FILE_NAME
    whole = [project] if paths.is_file(project) else [base]
    return _side(whole, whole, environment, DISK)


def _of_commit(named: Sequence[Path], tree: GitTree, environment: str | None) -> Side | None:
    """The same paths in the commit, and what has been moved to below them since."""
    start = _nearest(paths.real(named[0]) if named else Path.cwd())
    there = [path for path in named if tree.is_folder(path) or tree.is_file(path)]
    here = api.open_project(start, None, Path.cwd()).project
    if not named and here.document is not None and not tree.is_file(here.root / FILE_NAME):
        old = tree.renames().get(paths.real(here.root) / FILE_NAME)
        there = [old] if old is not None else [here.root] if tree.is_folder(here.root) else []
        return _side(there, [here.root], environment, tree)
    if len(there) < len(named) or any(tree.is_folder(path) for path in there):
        there += _moved(named, tree)
    return _side(there, named, environment, tree)


def _moved(named: Sequence[Path], tree: GitTree) -> list[Path]:
    """The old places of documents that lie below the named paths now."""
    roots = [paths.real(path) for path in named]
    return [
        old
        for new, old in tree.renames().items()
        if any(new.is_relative_to(root) and not old.is_relative_to(root) for root in roots)
        and old.suffix in (".yaml", ".yml")
        and old.name != FILE_NAME
        and b"dagglot" in tree.read(old)
    ]


def _side(
    there: Sequence[Path], named: Sequence[Path], environment: str | None, tree: Tree
) -> Side | None:
    """The documents of some paths; None where paths were named, and none of them is there."""
    if named and not there:
        return None
    first = tree.real(there[0]) if there else Path.cwd()
    start = first if tree.is_folder(first) else first.parent
    opened = api.open_project(start, environment, Path.cwd(), tree=tree)
    failed = any(one.is_error for one in opened.diagnostics)
    if failed or (not there and opened.project.document is None):
        wrong = opened.diagnostics or (codes.NOTHING_NAMED.at(None),)
        return Side(diagnostics=wrong, sources=opened.sources)
    front = api.check(there, opened.project)
    # there may be none on one side: they are new, or the last one is gone
    found = [one for one in front.diagnostics if one.rule is not codes.NO_PIPELINES]
    return Side(
        front.pipelines,
        (*opened.diagnostics, *found),
        {**opened.sources, **front.sources},
        opened.project if opened.project.document is not None else None,
    )


def _nearest(path: Path) -> Path:
    """The path or what is above it, down to a folder that is there."""
    return next((one for one in (path, *path.parents) if paths.is_folder(one)), Path.cwd())


def _from_here(path: Path) -> Path | None:
    """A path as it is from the working directory; None where it does not lie below."""
    shown = Path(shown_path(path))
    return None if shown.is_absolute() or ".." in shown.parts else shown
