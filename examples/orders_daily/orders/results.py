"""Where a run leaves what it made."""

from __future__ import annotations

import tempfile
from pathlib import Path


def results_folder(results_dir: str | None) -> Path:
    """The folder that a run was given, or one in the system's temporary folder; created if need be.

    It is worked out here, where the task runs, and not in the YAML: only the worker knows its disk.
    """
    folder = Path(results_dir) if results_dir else Path(tempfile.gettempdir()) / "orders_daily"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
