"""What a plan would change, in words and as a diff: for ``--check``, ``--diff`` and hand edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from dagglot import manifest, merges, paths, write
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Rule
from dagglot.manifest import digest
from dagglot.paths import shown_path

CURED: Final = (codes.STALE, codes.MISSING, codes.ORPHANED)
"""What a compile makes good."""

_FEW: Final = 5


def edited(plan: write.Plan) -> Iterator[Diagnostic]:
    """Files of ours that are about to change and are not as they were generated."""
    for path in hand_edits(plan):
        yield _edited(plan, path)


def hand_edits(plan: write.Plan) -> tuple[PurePosixPath, ...]:
    """The files of ours that would be overwritten or removed, with what somebody wrote there."""
    return tuple(path for path in (*plan.update, *plan.remove) if _is_edited(plan, path))


def _is_edited(plan: write.Plan, path: PurePosixPath) -> bool:
    current = write.data(plan.root, path) if path in plan.generated else None
    if current is None or digest(current) in (plan.generated[path], plan.theirs.get(path)):
        return False
    # of a merge that is not resolved git has left both sides in the file, and that is all
    return not (plan.theirs and merges.is_marked(current))


def stale(plan: write.Plan) -> Iterator[Diagnostic]:
    """What `--check` says of a plan: what would change, and why."""
    other = any(one.name != manifest.FILE_NAME for one in (*plan.create, *plan.update))
    for path in plan.create:
        if path.name != manifest.FILE_NAME or not other:
            yield _found(codes.MISSING, plan, path)
    for path in plan.update:
        if _is_edited(plan, path):
            yield _edited(plan, path)
        elif path.name != manifest.FILE_NAME or not (other or plan.remove):
            yield _found(codes.STALE, plan, path)
    for path in plan.remove:
        yield _edited(plan, path) if _is_edited(plan, path) else _found(codes.ORPHANED, plan, path)


def left_folders(outs: Sequence[Path], project: Path) -> Iterator[Diagnostic]:
    """Folders beside those of the targets of a project that hold the output of another one, made
    of the project's own pipelines."""
    known = {paths.real(out) for out in outs}
    root = paths.real(project)
    for parent in sorted({out.parent for out in known}):
        folders = sorted(parent.iterdir()) if paths.is_folder(parent) else ()
        for folder in folders:
            place = folder / manifest.FILE_NAME
            if paths.real(folder) in known or not paths.is_file(place):
                continue
            old = manifest.load(folder)
            if old is None or not old.entries:
                continue
            sources = {paths.real(folder / entry.source) for entry in old.entries}
            if all(source.is_relative_to(root) for source in sources):
                yield codes.LEFT_FOLDER.at(
                    None,
                    folder=shown_path(folder),
                    target=f"{old.target} {old.version}",
                    help="remove the folder, or list the target in the project file",
                )


def _found(rule: Rule, plan: write.Plan, path: PurePosixPath) -> Diagnostic:
    why = plan.why.get(path)
    return rule.at(None, file=shown_path(plan.root / path), why=f": {why}" if why else "")


def _edited(plan: write.Plan, path: PurePosixPath) -> Diagnostic:
    file = shown_path(plan.root / path)
    gone = path in plan.remove
    help = "move the change to the source, or overwrite the file with `--force`"
    if gone:
        help = "keep the change elsewhere and remove the file, or have `--force` remove it"
    data = write.data(plan.root, path) or b""
    if digest(data.replace(b"\r\n", b"\n")) == plan.generated[path]:
        help = (
            "its lines end as on Windows, that is all: give it `text eol=lf` in `.gitattributes` "
            "(`dagglot git attributes` prints the line), or overwrite it with `--force`"
        )
    elif merges.is_marked(data):
        help = "a merge left its marks of conflicts in it: overwrite the file with `--force`"
    what = f", and would be removed: {plan.why.get(path)}" if gone else ""
    return codes.EDITED.at(None, file=file, what=what, help=help)


def _alike(found: Diagnostic) -> tuple[str, str] | None:
    """What is said of a file but its name; None of what is never left out."""
    return (found.rule.code, found.message.partition("` ")[2]) if found.rule in CURED else None


def shortened(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Findings for a person, who reads the same of three hundred files but a few times."""
    count: Counter[tuple[str, str]] = Counter()
    kept = []
    for one in found:
        alike = _alike(one)
        if alike is not None:
            count[alike] += 1
        if alike is None or count[alike] <= _FEW:
            kept.append(one)
    return kept


def left_out(found: Sequence[Diagnostic], kept: Sequence[Diagnostic]) -> Iterator[str]:
    """A line for each reason of which some files were left out."""
    more = Counter(map(_alike, found))
    more.subtract(map(_alike, kept))
    for alike, number in more.items():
        if alike is not None and number:
            code, words = alike
            why = words.partition(": ")[2]
            yield f"{code} … and {number} more" + (f": {why}" if why else "")


def unified(plan: write.Plan) -> str:
    """What a plan would change, as one unified diff; the manifest's own lines are left out."""
    import difflib

    made: list[str] = []
    changed: dict[PurePosixPath, str | None] = {**plan.create, **plan.update}
    changed.update(dict.fromkeys(plan.remove))
    for path, text in sorted(changed.items()):
        if path.name == manifest.FILE_NAME:
            continue
        name = shown_path(plan.root / path)
        before = write.content(plan.root, path)
        lines = difflib.unified_diff(
            (before or "").splitlines(keepends=True),
            (text or "").splitlines(keepends=True),
            fromfile="/dev/null" if before is None else f"a/{name}",
            tofile="/dev/null" if text is None else f"b/{name}",
        )
        made.extend(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return "".join(made)
