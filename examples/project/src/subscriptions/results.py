"""Where a run leaves what it made."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def results_folder(store: str, results_dir: str | None) -> Path:
    """The folder of a store (``dev``, ``prod``), below the one given or the temporary folder."""
    root = Path(results_dir) if results_dir else Path(tempfile.gettempdir()) / "subscriptions"
    folder = root / store
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_text(path: Path, text: str) -> None:
    """Replace a file whole, so that another run at the same time never reads half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
