"""Which model is best, and which one serves: the champion is one file, replaced whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

COIN = 0.5
"""The area under the ROC curve of a coin: what a champion that is not there scores."""


def best(candidates: list[dict[str, Any]]) -> dict[str, Any]:
    """The candidate with the largest area; of equals the one that was named first."""
    return max(candidates, key=lambda one: one["auc"])


def gain(challenger: float, champion: float | None) -> float:
    return round(challenger - (COIN if champion is None else champion), 4)


def champion_of(models: str) -> Path:
    return Path(models) / "champion.joblib"


def deploy(path: str, models: str) -> dict[str, Any]:
    """Make a model the champion.

    The copy gets its name only when it is complete: whoever opens the champion meanwhile has the
    old one or the new one, and an attempt that is cut short leaves the old one.
    """
    champion = champion_of(models)
    with (
        open(path, "rb") as source,
        tempfile.NamedTemporaryFile(dir=models, prefix=".champion.", delete=False) as copy,
    ):
        try:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        except BaseException:
            os.unlink(copy.name)
            raise
    os.replace(copy.name, champion)
    return {
        "path": str(champion),
        "sha256": hashlib.sha256(champion.read_bytes()).hexdigest(),
    }
