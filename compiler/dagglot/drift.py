"""What a plan would change, in words and as a diff: for ``--check``, ``--diff`` and hand edits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dagglot import manifest, write
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.manifest import Manifest, digest
from dagglot.paths import shown_path


def edited(root: Path, plan: write.Plan, old: Manifest) -> Iterator[Diagnostic]:
    """Files of ours that are about to change and are not as they were generated."""
    known = old.files()
    for path in (*plan.update, *plan.remove):
        current = write.content(root, path)
        if path in known and current is not None and digest(current) != known[path]:
            yield _edited(root, path)


def stale(plan: write.Plan, old: Manifest | None) -> Iterator[Diagnostic]:
    """What `--check` says of a plan: what would change, and why."""
    known = old.files() if old is not None else {}
    for path in plan.create:
        yield codes.MISSING.at(None, file=shown_path(plan.root / path))
    for path in plan.update:
        if path.name == manifest.FILE_NAME:
            continue
        current = write.content(plan.root, path) or ""
        if path in known and digest(current) != known[path]:
            yield _edited(plan.root, path)
        else:
            yield codes.STALE.at(None, file=shown_path(plan.root / path))
    for path in plan.remove:
        yield codes.ORPHANED.at(None, file=shown_path(plan.root / path))
    names = {path.name for path in plan.update}
    if names == {manifest.FILE_NAME} and not (plan.create or plan.remove):
        yield codes.STALE.at(None, file=shown_path(plan.root / manifest.FILE_NAME))


def _edited(root: Path, path: PurePosixPath) -> Diagnostic:
    return codes.EDITED.at(
        None,
        file=shown_path(root / path),
        help="move the change to the source, or overwrite the file with `--force`",
    )


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
