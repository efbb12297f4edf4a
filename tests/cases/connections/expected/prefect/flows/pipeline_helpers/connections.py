"""The parts of a connection that a block holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from .secrets import secret


@dataclass(frozen=True)
class Connection:
    """An address and its parts; None where the address has none."""

    uri: str = field(repr=False)
    host: str | None
    port: str | None
    user: str | None
    password: str | None = field(repr=False)
    database: str | None


def connection(name: str) -> Connection:
    """The parts of the URI that a Secret block holds."""
    uri = secret(name)
    parts = urlsplit(uri)
    return Connection(
        uri=uri,
        host=parts.hostname,
        port=None if parts.port is None else str(parts.port),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        database=unquote(parts.path.strip("/")) or None,
    )
