"""What people are told of a run."""

from __future__ import annotations

from collections.abc import Mapping

from .http import request


def tell_webhook(
    url: str,
    event: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """The event as JSON."""
    request("POST", url, json=dict(event), headers=headers, timeout=timeout)
