"""Mail by SMTP."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from urllib.parse import parse_qsl, unquote, urlsplit

from .connections import Connection


class MailServer(Connection):
    """A server at `smtp://user:password@host:port?from=address`, or at its parts.

    The connection is encrypted where the server can: from the start with `smtps`.
    """

    options: dict[str, str] | None = None

    def send(
        self,
        to: Sequence[str],
        subject: str,
        body: str,
        timeout: float | None = None,
    ) -> None:
        parts = urlsplit(self.uri or "")
        options = {**dict(parse_qsl(parts.query)), **(self.options or {})}
        host = self.host or parts.hostname or "localhost"
        user = self.user or unquote(parts.username or "")
        password = self.password or unquote(parts.password or "")
        encrypted = "smtps" in (parts.scheme, options.get("scheme"))
        port = self.port or parts.port or (465 if encrypted else 25)
        message = EmailMessage()
        sender = options.get("from") or (user if "@" in user else f"dagster@{host}")
        message["From"] = sender
        message["To"] = ", ".join(to)
        message["Subject"] = " ".join(subject.split())
        message.set_content(body)
        connect = smtplib.SMTP_SSL if encrypted else smtplib.SMTP
        with connect(host, port, timeout=timeout) as smtp:
            smtp.ehlo()
            if not encrypted and smtp.has_extn("starttls"):
                smtp.starttls()
            if user:
                smtp.login(user, password)
            smtp.send_message(message)
