"""The parts of a connection that a block holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from prefect_sqlalchemy import ConnectionComponents, SqlAlchemyConnector
from sqlalchemy import make_url


@dataclass(frozen=True)
class Connection:
    """An address and its parts; None where the address has none."""

    uri: str = field(repr=False)
    host: str | None
    port: str | None
    user: str | None
    password: str | None = field(repr=False)
    database: str | None


def database(name: str) -> Connection:
    """The parts of the address that an SQLAlchemy Connector block holds."""
    info = SqlAlchemyConnector.load(name).connection_info
    if isinstance(info, ConnectionComponents):
        url = info.create_url()
    else:
        url = make_url(str(info))
    return Connection(
        uri=url.render_as_string(hide_password=False),
        host=url.host,
        port=None if url.port is None else str(url.port),
        user=url.username,
        password=url.password,
        database=url.database,
    )
