"""Files that a document names by a path from its own folder, such as `file: sql/sales.sql`.

They are read when the pipeline is compiled, so what was read is remembered: a change of such a file
is a change of the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from dagglot import hashes, paths, source
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.hashes import Hashes
from dagglot.trees import DISK, Tree


class Beside:
    """The files beside one document file; without a ``folder`` there are none."""

    def __init__(self, folder: Path | None = None, tree: Tree = DISK) -> None:
        self.folder = folder
        self.tree = tree
        self.texts: dict[str, str] = {}
        """By the path that messages show."""
        self.hashes: dict[str, str] = {}
        """By the path as the document writes it."""

    def text(self, name: str, span: Span) -> tuple[str | None, str, Diagnostic | None]:
        """The text, the path for messages, and what is wrong; ``span`` is where it is named."""
        path = PurePosixPath(name)
        if self.folder is None or path.is_absolute() or "\0" in name:
            return None, name, _unreadable(span, name, "the path is not one from this folder")
        place = self.folder / path
        try:
            data = self.tree.read(place, source.MAX_BYTES + 1)
        except FileNotFoundError:
            return None, name, _unreadable(span, name, "there is no such file")
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            return None, name, _unreadable(span, name, reason)
        shown = paths.shown_path(place)
        if len(data) > source.MAX_BYTES:
            return None, shown, _unreadable(span, name, "it is too large")
        self.hashes[name] = hashes.of_text(data)
        # git gives a text other line ends on another system; what is made of it has one kind
        text, wrong = source.decode(data.replace(b"\r\n", b"\n"), shown)
        self.texts[shown] = text or data.decode("utf-8", "replace")
        return text, shown, wrong


def _unreadable(span: Span, name: str, reason: str) -> Diagnostic:
    help = "write the path from the folder of this document"
    return codes.CANNOT_READ.at(span, file=name, reason=reason, help=help)


def changed(document: str, names: Mapping[str, str], known: Hashes) -> tuple[str, ...]:
    """The files beside a document that are not as they were when it was compiled."""
    folder = document.rpartition("/")[0]
    return tuple(
        name
        for name, hash in names.items()
        if known.text(f"{folder}/{name}", source.MAX_BYTES) != hash
    )
