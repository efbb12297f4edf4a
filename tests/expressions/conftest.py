"""What the tests of expressions share."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ruff() -> str:
    """The ruff beside this Python, else the one on the path."""
    beside = Path(sys.executable).with_name("ruff")
    found = str(beside) if beside.exists() else shutil.which("ruff")
    assert found, "the development dependencies hold ruff"
    return found
