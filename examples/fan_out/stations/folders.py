"""The folders of a run: one that stays and one that goes."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any


def make_scratch(run_id: str, results_dir: str | None) -> dict[str, str]:
    """An empty folder for this run alone, below the one where results stay."""
    results = Path(results_dir) if results_dir else Path(tempfile.gettempdir()) / "air_quality"
    scratch = results / "scratch" / re.sub(r"[^A-Za-z0-9_.-]", "_", run_id)
    scratch.mkdir(parents=True, exist_ok=True)
    return {"folder": str(scratch), "results": str(results)}


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, so that an interrupted attempt leaves no half of one."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def read_json(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))
