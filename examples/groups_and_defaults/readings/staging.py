"""The folder that the tasks of one run share, and the files in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any


def prepare(run_id: str, results_dir: str | None) -> dict[str, str]:
    """An empty staging folder that belongs to this run alone, and the folder for its results."""
    root = Path(results_dir) if results_dir else Path(tempfile.gettempdir()) / "solar_readings"
    staging = root / "staging" / re.sub(r"[^A-Za-z0-9_.-]", "_", run_id)
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    return {"staging": str(staging), "results": str(root)}


def write_json(path: Path, value: Any) -> None:
    """Write a file whole or not at all, so that an interrupted attempt leaves no half of one."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(json.dumps(value, indent=1), encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
