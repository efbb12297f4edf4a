"""What people are told of a run."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from .http import request


def event_of(
    context: dg.OpExecutionContext, pipeline: str, task: str, owner: str = ""
) -> dict[str, str]:
    """What is told of the op that runs; it does not know the address of the UI."""
    return {
        "pipeline": pipeline,
        "task": task,
        "run_id": context.run_id,
        "state": "running",
        "url": "",
        "error": "",
        "owner": owner,
    }


def tell_slack(webhook: str, text: str, channel: str | None = None) -> None:
    """A message to an incoming webhook of Slack."""
    content = {"text": text, **({"channel": channel} if channel else {})}
    request("POST", webhook, json=content)


def tell_webhook(
    url: str, event: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> None:
    """The event as JSON."""
    request("POST", url, json=dict(event), headers=headers)
