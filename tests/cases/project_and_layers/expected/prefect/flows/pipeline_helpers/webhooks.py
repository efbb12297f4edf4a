"""Alerts that are sent to a web address."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .web import send_request


def post_event(
    url: str,
    event: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Send an event as JSON."""
    send_request(
        "POST",
        url,
        headers={"Content-Type": "application/json", **(headers or {})},
        content=json.dumps(event),
        timeout=timeout,
    )
