"""Messages in Slack."""

from __future__ import annotations

import json

from .web import send_request


def send_slack(
    webhook: str,
    text: str,
    channel: str | None = None,
    timeout: float | None = None,
) -> None:
    """Send a message by an incoming webhook.

    Prefect's own block takes a webhook of slack.com only, and no channel.
    """
    message = {"text": text, **({"channel": channel} if channel else {})}
    send_request(
        "POST",
        webhook,
        headers={"Content-Type": "application/json"},
        content=json.dumps(message),
        timeout=timeout,
    )
