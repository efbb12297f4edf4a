"""Outputs of shell tasks."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(line: str) -> Any:
    """The value of a line of JSON, which knows neither NaN nor Infinity."""
    return json.loads(line, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
