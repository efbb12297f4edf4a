"""What people are told of a run, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import requests
from airflow.providers.smtp.hooks.smtp import SmtpHook


def event_of(ti: Any, owner: str = "") -> dict[str, str]:
    """What is told of the task that runs."""
    return {
        "pipeline": ti.dag_id,
        "task": ti.task_id,
        "run_id": ti.run_id,
        "state": "running",
        "url": ti.log_url or "",
        "error": "",
        "owner": owner,
    }


def with_message(
    event: Mapping[str, str], message: str | None = None
) -> dict[str, str]:
    """The event with its message, which says the state where there is none."""
    default = f"{event['pipeline']}: {event['task']} {event['state']}"
    return {**event, "message": default if message is None else message}


def tell_slack(
    event: Mapping[str, str],
    webhook: str,
    message: str | None = None,
    channel: str | None = None,
) -> None:
    """A message to an incoming webhook of Slack."""
    told = {"text": with_message(event, message)["message"]}
    post(webhook, {**told, "channel": channel} if channel else told)


def tell_email(
    event: Mapping[str, str],
    to: Sequence[str],
    message: str | None = None,
    subject: str | None = None,
    conn_id: str = "smtp_default",
) -> None:
    """A mail, from the `from_email` of the connection or else from its login."""
    text = escape(with_message(event, message)["message"]).replace("\n", "<br>\n")
    with SmtpHook(smtp_conn_id=conn_id) as hook:
        hook.send_email_smtp(
            to=list(to),
            subject=subject or f"{event['pipeline']}: {event['state']}",
            html_content=text,
            from_email=hook.from_email or hook.smtp_user or "airflow@localhost",
        )


def tell_webhook(
    event: Mapping[str, str],
    url: str,
    message: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """The event as JSON."""
    post(url, with_message(event, message), headers)


def post(
    url: str, content: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> None:
    """Send JSON. Errors do not name the address, which is as a rule a secret."""
    try:
        response = requests.post(url, json=content, headers=headers)
    except requests.RequestException as error:
        raise RuntimeError(f"nobody was told: {type(error).__name__}") from None
    if not response.ok:
        raise RuntimeError(f"nobody was told: the answer is {response.status_code}")
