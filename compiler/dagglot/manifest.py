"""What was generated from what: a file beside the output, the memory of the next compile.

It makes a compile of unchanged files a matter of hashing, tells a file that was edited by hand from
one that is out of date, and is the only list of files that dagglot may remove.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from dagglot import __version__, paths, resources
from dagglot.frozen import dataclass

FILE_NAME: Final = ".dagglot-manifest.json"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One pipeline. ``source`` is relative to the output folder; ``inputs`` is the hash of all that
    it was made from; ``outputs`` are its own files with their hashes."""

    pipeline: str
    source: str
    document: int
    inputs: str
    outputs: Mapping[PurePosixPath, str]
    contribution: Mapping[str, Any]
    accepted: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    """The files that the document names, by the path as it writes them, with their hashes."""
    assets: Mapping[str, Any] = field(default_factory=dict)
    """What it says of assets (`asset_graph.as_json`), for the graph of the whole project."""
    intact: bool = True
    """Whether the entry is as it was written; its seal tells."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of one output folder.

    ``shared`` are the files of all pipelines together; ``setting`` is the hash of all that they
    were made with besides the pipelines.
    """

    target: str
    version: str
    compiler: str
    setting: str = ""
    entries: tuple[Entry, ...] = ()
    shared: Mapping[PurePosixPath, str] = field(default_factory=dict)

    def files(self) -> dict[PurePosixPath, str]:
        """Every generated file with the hash of its text."""
        made = dict(self.shared)
        for entry in self.entries:
            made.update(entry.outputs)
        return made


def digest(data: bytes | str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


@lru_cache(maxsize=1)
def compiler_digest() -> str:
    """A hash of the compiler itself: its version, its code, the schemas and the templates."""
    roots = (Path(__file__).parent, resources.path("schemas"), resources.path("templates"))
    return digest("\n".join((__version__, *map(folder_digest, roots))))


def folder_digest(root: Path) -> str:
    """A hash of the code, the schemas and the templates in a folder, wherever it stands."""
    made = hashlib.sha256()
    start = len(f"{root}/")
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith((".py", ".json", ".j2")):
                path = f"{folder}/{name}"
                made.update(f"{path[start:]}\n".encode())
                made.update(paths.read(path))
    return made.hexdigest()


def load(root: Path) -> Manifest | None:
    """The manifest of an output folder; None where there is none that can be read.

    It is only a file: one with paths that lead out of the folder is none of ours.
    """
    try:
        data = json.loads((root / FILE_NAME).read_bytes())
        if data["dagglot_manifest"] != VERSION:
            return None
        return Manifest(
            target=data["target"],
            version=data["version"],
            compiler=data["compiler"],
            setting=data["setting"],
            entries=tuple(_entry(item) for item in data["pipelines"]),
            shared=_hashes(data["shared"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _entry(item: Mapping[str, Any]) -> Entry:
    words = (item["pipeline"], item["source"], item["inputs"], *item["accepted"])
    if "\0" in "".join(words):  # which raises TypeError where one is no text
        raise ValueError("an entry of a manifest is made of text")
    return Entry(
        pipeline=item["pipeline"],
        source=item["source"],
        document=item["document"],
        inputs=item["inputs"],
        outputs=_hashes(item["outputs"]),
        contribution=item["contribution"],
        accepted=tuple(item["accepted"]),
        reads={str(path): str(hash) for path, hash in item.get("reads", {}).items()},
        assets=dict(item.get("assets", {})),
        intact=item["seal"] == _seal({key: item[key] for key in item if key != "seal"}),
    )


def _hashes(written: Mapping[str, str]) -> dict[PurePosixPath, str]:
    made = {PurePosixPath(path): hash for path, hash in written.items()}
    for path in made:
        if path.is_absolute() or ".." in path.parts or "\0" in str(path) or not path.parts:
            raise ValueError("a path of a manifest leads out of its folder")
    return made


_canonical: Final = json.JSONEncoder(sort_keys=True).encode  # `json.dumps` makes one for each call


def _seal(entry: Mapping[str, Any]) -> str:
    """A hash over an entry, to see that nobody has changed it."""
    return digest(_canonical(entry))[:16]


def dump(manifest: Manifest) -> str:
    """The manifest as text; pipelines in the order of their ids, one a line of a git diff."""
    data = {
        "dagglot_manifest": VERSION,
        "about": "written by dagglot compile; commit it beside the files that it lists",
        "target": manifest.target,
        "version": manifest.version,
        "compiler": manifest.compiler,
        "setting": manifest.setting,
        "shared": {str(path): hash for path, hash in sorted(manifest.shared.items())},
        "pipelines": [
            _entry_data(entry)
            for entry in sorted(manifest.entries, key=lambda entry: entry.pipeline)
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _entry_data(entry: Entry) -> dict[str, Any]:
    data = {
        "pipeline": entry.pipeline,
        "source": entry.source,
        "document": entry.document,
        "inputs": entry.inputs,
        "accepted": list(entry.accepted),
        "outputs": {str(path): hash for path, hash in sorted(entry.outputs.items())},
        "contribution": entry.contribution,
    }
    if entry.reads:
        data["reads"] = dict(sorted(entry.reads.items()))
    if entry.assets:
        data["assets"] = entry.assets
    return {**data, "seal": _seal(data)}
