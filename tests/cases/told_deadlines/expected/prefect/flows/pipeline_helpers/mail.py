"""Mail by SMTP."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit


def send_email(
    server: str,
    to: Sequence[str],
    subject: str,
    body: str,
    timeout: float | None = None,
) -> None:
    """Send a mail by the server at `smtp://user:password@host:port?from=address`.

    The connection is encrypted where the server can: from the start with `smtps`.
    """
    parts = urlsplit(server)
    user = unquote(parts.username or "")
    sender = parse_qs(parts.query).get("from", [user if "@" in user else ""])[0]
    message = EmailMessage()
    message["From"] = sender or f"prefect@{parts.hostname}"
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message.set_content(body)
    encrypted = parts.scheme == "smtps"
    connect = smtplib.SMTP_SSL if encrypted else smtplib.SMTP
    port = parts.port or (465 if encrypted else 25)
    with connect(parts.hostname or "", port, timeout=timeout) as smtp:
        smtp.ehlo()
        if not encrypted and smtp.has_extn("starttls"):
            smtp.starttls()
        if user:
            smtp.login(user, unquote(parts.password or ""))
        smtp.send_message(message)
