"""Secrets: what Secret blocks hold."""

from __future__ import annotations

import json

from prefect.blocks.system import Secret


def secret(name: str) -> str:
    """The text of a Secret block; its own `get` would take the text `1234` for a number."""
    value = Secret.load(name).value.get_secret_value()
    return value if isinstance(value, str) else json.dumps(value)
