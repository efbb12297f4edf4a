"""Bodies that make data, and look whether it is good."""

from __future__ import annotations

import sys
from typing import Any


def rows(number: int) -> list[int]:
    return list(range(number))


def at_least(rows: list[Any], least: int = 0) -> bool:
    return len(rows) >= least


def leave() -> bool:
    sys.exit("no data was looked at")
