"""What was generated from what: a file beside the output, the memory of the next compile.

It makes a compile of unchanged files a matter of hashing, tells a file that was edited by hand from
one that is out of date, and is the only list of files that dagglot may remove.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from dagglot import __version__, merges, paths, resources
from dagglot.frozen import dataclass

FILE_NAME: Final = ".dagglot-manifest.json"
VERSION: Final = 2
MERGED: Final = "merged"
"""The compiler of a manifest with the marks of a merge."""


@dataclass(frozen=True, slots=True)
class Made:
    """What files were made with, besides the pipelines: that they are stale may lie in each."""

    compiler: str = ""
    """Its release and the hash of its code."""
    version: str = ""
    """Of the target."""
    project: str = ""
    options: str = ""
    templates: str = ""
    """The hash of the project's own; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One pipeline. ``source`` is relative to the output folder; ``inputs`` is the hash of its
    document, ``meaning`` that of its canonical IR; ``outputs`` are its own files with their hashes.
    """

    pipeline: str
    source: str
    document: int
    inputs: str
    outputs: Mapping[PurePosixPath, str]
    contribution: Mapping[str, Any]
    made: Made
    meaning: str = ""
    accepted: tuple[str, ...] = ()
    """The features that the target does only in part, and that are accepted so."""
    reads: Mapping[str, str] = field(default_factory=dict)
    """The files that the document names, by the path as it writes them, with their hashes."""
    assets: Mapping[str, Any] = field(default_factory=dict)
    """What it says of assets (`asset_graph.as_json`), for the graph of the whole project."""
    noted: bool = False
    """Whether something was said of it: then it is looked at each time, to say it again."""
    intact: bool = True
    """Whether the entry is as it was written; its seal tells."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one output folder. ``shared`` are the files of all pipelines together."""

    target: str
    made: Made
    entries: tuple[Entry, ...] = ()
    shared: Mapping[PurePosixPath, str] = field(default_factory=dict)
    theirs: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """The files of the other side of a merge that left its marks in the manifest."""

    @property
    def version(self) -> str:
        """The version of the target that the folder is locked to."""
        return self.made.version

    def files(self) -> dict[PurePosixPath, str]:
        """Every generated file with the hash of its text."""
        made = dict(self.shared)
        for entry in self.entries:
            made.update(entry.outputs)
        return made


def digest(data: bytes | str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


_WITH_IT: Final = ("schemas", "templates")
"""Folders that a wheel has inside of the package, and a checkout beside it."""


@lru_cache(maxsize=1)
def compiler_digest() -> str:
    """A hash of the compiler itself: its version, its code, the schemas and the templates."""
    own = folder_digest(Path(__file__).parent, without=_WITH_IT)
    return digest("\n".join((__version__, own, *map(folder_digest, map(resources.path, _WITH_IT)))))


def folder_digest(root: Path, *, without: Collection[str] = ()) -> str:
    """A hash of the code, the schemas and the templates in a folder, wherever it stands; but of
    those of its folders that it is to be ``without``."""
    made = hashlib.sha256()
    start = len(f"{root}/")
    for folder, folders, names in os.walk(root):
        left_out = ("__pycache__", *(without if len(folder) < start else ()))
        folders[:] = sorted(name for name in folders if name not in left_out)
        for name in sorted(names):
            if name.endswith((".py", ".json", ".j2")):
                path = f"{folder}/{name}"
                made.update(f"{path[start:]}\n".encode())
                made.update(paths.read(path).replace(b"\r\n", b"\n"))
    return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """What stands at the place of a manifest: JSON that nobody has looked at, and its hash."""

    hash: str
    data: Any
    theirs: Any = None
    """The other side, where a merge has left its marks: it is read from both."""


_UNREAD: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def written(root: Path) -> Written | None:
    """The manifest of an output folder as it stands there; None where there is no JSON."""
    try:
        text = paths.read(root / FILE_NAME)
    except OSError:
        return None
    try:
        return Written(digest(text), json.loads(text))
    except _UNREAD:
        sides = merges.sides(text)
    try:
        return None if sides is None else Written(digest(text), *map(json.loads, sides))
    except _UNREAD:
        return None


def load(root: Path) -> Manifest | None:
    """The manifest of an output folder; None where there is none that can be read."""
    found = written(root)
    return None if found is None else parsed(found)


def parsed(found: Written, *, sealed: bool = False) -> Manifest | None:
    """What a manifest says; None where it is none.

    It is only a file: one with paths that lead out of the folder is none of ours. ``sealed`` says
    that every entry is known to be as it was written.
    """
    ours = _parsed(found.data, sealed=sealed)
    if ours is None or found.theirs is None:
        return ours
    theirs = _parsed(found.theirs, sealed=False)
    return None if theirs is None else _merged(ours, theirs)


def _parsed(data: Any, *, sealed: bool) -> Manifest | None:
    try:
        if data["dagglot_manifest"] == 1:
            return _first(data)
        if data["dagglot_manifest"] != VERSION:
            return None
        made = _made(data["made"])
        return Manifest(
            target=data["target"],
            made=made,
            entries=tuple(_entry(item, made, known=sealed) for item in data["pipelines"]),
            shared=_hashes(data["shared"]),
        )
    except _UNREAD:
        return None


def _merged(ours: Manifest, theirs: Manifest) -> Manifest | None:
    """The manifest of a merge that is not resolved: the files of both sides are ours, and all is
    to be compiled again."""
    if ours.target != theirs.target:
        return None
    known = {entry.pipeline for entry in ours.entries}
    entries = (*ours.entries, *(one for one in theirs.entries if one.pipeline not in known))
    both = Manifest(
        target=ours.target,
        made=replace(ours.made, compiler=MERGED),
        entries=tuple(replace(entry, inputs="") for entry in entries),
        shared={**theirs.shared, **ours.shared},
        theirs=theirs.files(),
    )
    # of two sides with the same pipeline, one may have made other files of it
    missing = theirs.files().keys() - both.files().keys()
    return replace(both, shared={**both.shared, **{path: both.theirs[path] for path in missing}})


def problem(root: Path) -> tuple[str, str]:
    """Why the file at the place of a manifest cannot be read as one, and what to do."""
    again = "restore it, or remove it and compile with `--force`"
    try:
        text = paths.read(root / FILE_NAME)
    except OSError as error:
        return error.strerror or str(error), again
    if merges.is_marked(text):
        return (
            "a merge left its marks of conflicts in it",
            "resolve the conflicts of the pipelines, then `dagglot compile --force` writes the "
            "output and the manifest anew",
        )
    try:
        data = json.loads(text)
        if int(data["dagglot_manifest"]) > VERSION:
            return "a later release of dagglot wrote it", "install that release, or a later one"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "it is damaged, or another program's", again
    return "it was edited", again


def _first(data: Mapping[str, Any]) -> Manifest:
    """A manifest of the first kind. It tells which files are ours; all is to be compiled again."""
    made = Made(version=data["version"])
    return Manifest(
        target=data["target"],
        made=made,
        entries=tuple(
            replace(_entry({**item, "inputs": ""}, made, known=True), intact=_is_sealed(item))
            for item in data["pipelines"]
        ),
        shared=_hashes(data["shared"]),
    )


def _made(item: Mapping[str, str]) -> Made:
    made = Made(**item)
    "".join((made.compiler, made.version, made.project, made.options, made.templates))
    return made


def _entry(item: Mapping[str, Any], made: Made, *, known: bool) -> Entry:
    accepted = item.get("accepted", ())
    words = (item["pipeline"], item["source"], item["inputs"], item.get("meaning", ""), *accepted)
    if "\0" in "".join(words):  # which raises TypeError where one is no text
        raise ValueError("an entry of a manifest is made of text")
    reads = item.get("reads")
    return Entry(
        pipeline=item["pipeline"],
        source=item["source"],
        document=item.get("document", 1),
        inputs=item["inputs"],
        outputs=_hashes(item["outputs"]),
        contribution=item["contribution"],
        made=_made(item["made"]) if "made" in item else made,
        meaning=item.get("meaning", ""),
        accepted=tuple(accepted),
        reads={str(path): str(hash) for path, hash in reads.items()} if reads else {},
        assets=item.get("assets", {}),
        noted=bool(item.get("noted", False)),
        intact=known or _is_sealed(item),
    )


def _hashes(written: Mapping[str, str]) -> dict[PurePosixPath, str]:
    for path in written:
        if not path.strip("./") or "\0" in path:
            raise ValueError("a path of a manifest is none")
        if path[0] == "/" or ".." in path.split("/"):
            raise ValueError("a path of a manifest leads out of its folder")
    return {PurePosixPath(path): hash for path, hash in written.items()}


_canonical: Final = json.JSONEncoder(sort_keys=True).encode  # `json.dumps` makes one for each call


def _seal(entry: Mapping[str, Any]) -> str:
    """A hash over an entry, to see that nobody has changed it."""
    return digest(_canonical(entry))[:16]


def _is_sealed(item: Mapping[str, Any]) -> bool:
    return bool(item["seal"] == _seal({key: item[key] for key in item if key != "seal"}))


_line: Final = json.JSONEncoder(ensure_ascii=False).encode


def dump(manifest: Manifest) -> str:
    """The manifest as text: a line for each thing that changes by itself, so that a git diff of it
    is short, and two branches that change two pipelines merge; pipelines in the order of ids."""
    head = {
        "dagglot_manifest": VERSION,
        "about": "written by dagglot compile; commit it beside the files that it lists",
        "target": manifest.target,
    }
    made = _fields(made_data(manifest.made), 2)
    shared = _fields({str(path): hash for path, hash in sorted(manifest.shared.items())}, 2)
    entries = [
        f"  {{\n{_fields(_entry_data(entry, manifest.made), 3)}\n  }}"
        for entry in sorted(manifest.entries, key=lambda entry: entry.pipeline)
    ]
    parts = [
        _fields(head, 1),
        f' "made": {{\n{made}\n }}',
        f' "shared": {{\n{shared}\n }}' if shared else ' "shared": {}',
        ' "pipelines": [\n{}\n ]'.format(",\n".join(entries)) if entries else ' "pipelines": []',
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _fields(data: Mapping[str, Any], indent: int) -> str:
    space = " " * indent
    return ",\n".join(f"{space}{_line(key)}: {_line(value)}" for key, value in data.items())


def made_data(made: Made) -> dict[str, str]:
    """What it says, as the manifest has it."""
    return {name: getattr(made, name) for name in Made.__dataclass_fields__}


def _entry_data(entry: Entry, made: Made) -> dict[str, Any]:
    data: dict[str, Any] = {"pipeline": entry.pipeline, "source": entry.source}
    if entry.document != 1:
        data["document"] = entry.document
    data["inputs"] = entry.inputs
    data["meaning"] = entry.meaning
    if entry.made != made:  # a compile of some pipelines leaves the others as they are
        data["made"] = made_data(entry.made)
    if entry.noted:
        data["noted"] = True
    if entry.accepted:
        data["accepted"] = list(entry.accepted)
    if entry.reads:
        data["reads"] = dict(sorted(entry.reads.items()))
    data["outputs"] = {str(path): hash for path, hash in sorted(entry.outputs.items())}
    data["contribution"] = entry.contribution
    if entry.assets:
        data["assets"] = entry.assets
    return {**data, "seal": _seal(data)}
