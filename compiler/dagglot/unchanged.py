"""The quick way through a compile: a folder as the last one left it costs a `stat` for each file.

It is open where the manifest is, byte for byte, one of which a compile has already found that every
entry is as it was written, and that all of them together are right. Then nothing of it is read but
the hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagglot import source
from dagglot.beside import changed
from dagglot.hashes import Hashes
from dagglot.inputs import SourceFile
from dagglot.manifest import Made, Written, digest, made_data


def inputs_digest(file: SourceFile, hash: str) -> str:
    """What identifies a document: its text, and its path in the header of what is generated."""
    return digest(f"{file.label}\0{hash}")


class Unchanged:
    """The pipelines of one output folder, for as long as each file that is taken is as it was."""

    def __init__(self, written: Written, hashes: Hashes) -> None:
        self.hashes = hashes
        self.shared: Mapping[str, str] = written.data["shared"]
        self.entries: list[Mapping[str, Any]] = written.data["pipelines"]
        self.by_source: dict[str, list[Mapping[str, Any]]] = {}
        for entry in self.entries:
            self.by_source.setdefault(entry["source"], []).append(entry)
        self.taken: list[str] = []
        """The sources that were found as they were."""

    @classmethod
    def of(
        cls, written: Written | None, hashes: Hashes, target: str, made: Made
    ) -> Unchanged | None:
        """The quick way, where it is open for a target and all else that files are made with."""
        if written is None or written.hash != hashes.sealed:
            return None
        if written.data["target"] != target or written.data["made"] != made_data(made):
            return None
        return cls(written, hashes)

    def take(self, file: SourceFile, place: str) -> list[Mapping[str, Any]]:
        """The entries of a source, if it and all that was made of it are as they were."""
        entries = self.by_source.get(place, [])
        hash = self.hashes.text(file.place, source.MAX_BYTES, file.state) if entries else None
        if hash is None:
            return []
        inputs = inputs_digest(file, hash)
        for entry in entries:
            if not self._is_as_it_was(entry, inputs, file):
                return []
        self.taken.append(place)
        return entries

    def _is_as_it_was(self, entry: Mapping[str, Any], inputs: str, file: SourceFile) -> bool:
        if entry["inputs"] != inputs or "noted" in entry or "made" in entry:
            return False
        if "reads" in entry and changed(file.place, entry["reads"], self.hashes):
            return False
        return self._holds(entry["outputs"])

    def _holds(self, outputs: Mapping[str, str]) -> bool:
        # no generators here: of a thousand files, they took a tenth of the time
        hash_of = self.hashes.output
        for path, hash in outputs.items():  # noqa: SIM110
            if hash_of(path) != hash:
                return False
        return True

    def is_all(self) -> bool:
        """Whether nothing is left to do: every source was taken, and the shared files are there."""
        return len(self.taken) == len(self.by_source) and self._holds(self.shared)

    def files(self) -> int:
        """How many there are in the folder, the manifest too."""
        return sum(len(entry["outputs"]) for entry in self.entries) + len(self.shared) + 1
