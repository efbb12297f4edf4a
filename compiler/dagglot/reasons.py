"""Why a generated file is not what would be generated now: for a person who did not expect it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from dagglot import paths
from dagglot.manifest import FILE_NAME, MERGED, Entry, Made, Manifest
from dagglot.paths import shown_path
from dagglot.write import Plan

_FEW: Final = 3
_MERGE: Final = "a merge left its marks in the manifest"


def of_made(old: Made, new: Made, title: str) -> tuple[str, ...]:
    """What is not as it was besides the pipelines; ``title`` is the target's."""
    if old.compiler == MERGED:
        return (_MERGE,)
    if not old.compiler:
        return ("its manifest is of an earlier release",)
    found = []
    if old.compiler != new.compiler:
        before, after = (one.compiler.partition(" ")[0] for one in (old, new))
        what = f"{before} → {after}" if before != after else f"another build of {after}"
        found.append(f"the compiler changed ({what})")
    if old.version != new.version:
        found.append(f"the version of {title} changed ({old.version} → {new.version})")
    if old.templates != new.templates:
        found.append("a template of the project changed")
    if old.options != new.options:
        found.append("the project's options of the target, requirements or pools changed")
    if old.project != new.project:
        found.append("the project file, its environment or a build variable changed")
    return tuple(found)


def of_entry(
    entry: Entry, made: Made, title: str, inputs: str, reads: Sequence[str], shown: str
) -> tuple[str, ...]:
    """What is not as it was of one pipeline; ``inputs`` and ``shown`` are of its document, and
    ``reads`` are the files beside it that changed."""
    found = list(of_made(entry.made, made, title))
    if not entry.inputs and entry.made.compiler:
        found.append(_MERGE)
    if not entry.intact:
        found.append("its entry in the manifest was edited")
    if entry.inputs and entry.inputs != inputs:
        found.append(f"`{shown}` changed")
    found.extend(f"`{name}`, which it reads, changed" for name in reads)
    return tuple(found)


def explained(
    plan: Plan,
    old: Manifest | None,
    new: Manifest,
    why: Mapping[str, tuple[str, ...]],
    title: str,
) -> Plan:
    """A plan that says of each of its files why; ``why`` says it of pipelines."""
    before, after = _owners(old), _owners(new)
    made = of_made(old.made, new.made, title) if old is not None else ()
    generated = old.files() if old is not None else {}
    words: dict[PurePosixPath, str] = {}
    for path in plan.update:
        owner = after.get(path)
        if path.name == FILE_NAME:
            words[path] = _of_manifest(made, new, why)
        elif owner is not None:
            words[path] = _all(why.get(owner.pipeline, ()))
        else:
            words[path] = _all(made) or _of_pipelines(old, new, why)
    for path in plan.create:
        owner = after.get(path)
        if path in generated:
            words[path] = "it was generated, and is gone"
        elif owner is not None and owner.pipeline not in {one.pipeline for one in before.values()}:
            words[path] = f"`{_source(plan.root, owner)}` was not compiled into this folder yet"
        elif owner is not None:
            words[path] = _all(why.get(owner.pipeline, ()))
    for path in plan.remove:
        owner = before.get(path)
        words[path] = (
            _of_orphan(plan.root, owner, new) if owner else "no pipeline needs it any more"
        )
    return replace(plan, why=words)


def _owners(manifest: Manifest | None) -> dict[PurePosixPath, Entry]:
    entries = manifest.entries if manifest is not None else ()
    return {path: entry for entry in entries for path in entry.outputs}


def _source(root: Path, entry: Entry) -> str:
    return shown_path(root / entry.source)


def _of_orphan(root: Path, entry: Entry, new: Manifest) -> str:
    if any(one.pipeline == entry.pipeline for one in new.entries):
        return f"`{entry.pipeline}` makes it no more"
    if not paths.exists(root / entry.source):
        return f"`{_source(root, entry)}` is gone"
    return f"`{_source(root, entry)}` is no source of `{entry.pipeline}` any more"


def _of_manifest(made: Sequence[str], new: Manifest, why: Mapping[str, tuple[str, ...]]) -> str:
    """For a manifest, which is spoken of where it alone would change."""
    found = (_all(why[one.pipeline]) for one in new.entries if why.get(one.pipeline))
    words = _all(made) or _some(list(dict.fromkeys(found)))
    return f"{words}; what is generated is the same" if words else ""


def _of_pipelines(old: Manifest | None, new: Manifest, why: Mapping[str, tuple[str, ...]]) -> str:
    """For a file of all pipelines together."""
    names = {one.pipeline for one in new.entries}
    before = {one.pipeline for one in old.entries} if old is not None else set()
    # one of which something is said is compiled each time, and is not among the reasons
    changed = {name for name, reasons in why.items() if reasons}
    found = [f"`{name}`" for name in sorted((names & changed) | (names ^ before))]
    return f"{_some(found)} changed" if found else ""


def _some(words: Sequence[str]) -> str:
    more = len(words) - _FEW
    shown = ", ".join(words[:_FEW])
    return f"{shown} and {more} more" if more > 0 else shown


def _all(words: Sequence[str]) -> str:
    return ", ".join(words)
