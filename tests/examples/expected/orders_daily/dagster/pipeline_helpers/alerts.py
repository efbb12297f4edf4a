"""What people are told of a run."""

from __future__ import annotations

from .http import request


def tell_slack(
    webhook: str, text: str, channel: str | None = None, timeout: float | None = None
) -> None:
    """A message to an incoming webhook of Slack."""
    content = {"text": text, **({"channel": channel} if channel else {})}
    request("POST", webhook, json=content, timeout=timeout)
