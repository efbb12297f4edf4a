"""Prefect blocks: where the secrets and the connections of a pipeline are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from dagglot.expressions.tree import SecretRef, references
from dagglot.frozen import dataclass
from dagglot.ir import connections, events
from dagglot.ir.connections import FILES
from dagglot.ir.model import Connection, Pipeline
from dagglot.stores import Stores

_UNFIT: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Driver:
    """What SQLAlchemy calls a database, and the package that it needs for it."""

    name: str
    package: str | None = None


DRIVERS: Final[Mapping[str, Driver]] = {
    "postgres": Driver("postgresql+psycopg2", "psycopg2-binary>=2.9,<3"),
    "mysql": Driver("mysql+pymysql", "pymysql>=1.1,<2"),
    "sqlite": Driver("sqlite"),
    "duckdb": Driver("duckdb", "duckdb-engine>=0.15,<1"),
    "snowflake": Driver("snowflake", "snowflake-sqlalchemy>=1.7,<2"),
    "bigquery": Driver("bigquery", "sqlalchemy-bigquery>=1.12,<2"),
}
"""The types of connection that an SQLAlchemy Connector block holds; others are Secret blocks."""
CONNECTOR_PACKAGE: Final = "prefect-sqlalchemy>=0.6,<0.7"

MAIL_SERVER: Final = "smtp_uri"
"""The secret that has the server of mails whose alert names no connection."""

SCHEMES: Final[Mapping[str, str]] = {"http": "https", "slack": "https", "gcs": "gs"}
"""What the URI of a connection begins with, where that is not its type."""


def block_name(name: str) -> str:
    """Prefect allows lower-case letters, digits and dashes."""
    return _UNFIT.sub("-", name.lower()).strip("-") or "block"


@dataclass(frozen=True, slots=True)
class Block:
    """A block that a pipeline loads: ``source`` is the secret's or the connection's name."""

    slug: str
    source: str
    connection: Connection | None = None

    @property
    def name(self) -> str:
        return block_name(self.source)


def loaded(pipeline: Pipeline) -> tuple[Block, ...]:
    """Every block that the generated code of a pipeline loads."""
    found = [Block("secret", name) for name in dict.fromkeys(_secrets(pipeline))]
    for connection in connections.used(pipeline):
        slug = "sqlalchemy-connector" if connection.type in DRIVERS else "secret"
        found.append(Block(slug, connection.name, connection))
    return tuple(found)


def _secrets(pipeline: Pipeline) -> Iterator[str]:
    yield from connections.secrets(pipeline)
    for alert in events.told(pipeline):
        yield from _names(dict(alert.settings))
        if alert.type == "email" and not alert.settings.get("connection"):
            yield MAIL_SERVER


def _names(value: Any) -> Iterator[str]:
    return (leaf.name for leaf in references(value) if isinstance(leaf, SecretRef))


# --- what a run is lent ---------------------------------------------------------------------------


def lent(stores: Stores) -> list[dict[str, str]]:
    """The blocks that the probe saves before a run."""
    made = [
        {"slug": "secret", "name": block_name(name), "value": value}
        for name, value in stores.secrets.items()
    ]
    for name, settings in stores.connections.items():
        sql = settings["type"] in DRIVERS
        slug = "sqlalchemy-connector" if sql else "secret"
        value = database_url(settings) if sql else uri(settings)
        made.append({"slug": slug, "name": block_name(name), "value": value})
    return made


def database_url(settings: Mapping[str, Any]) -> str:
    """A connection's address as SQLAlchemy writes it, with the driver that we name."""
    driver = DRIVERS[settings["type"]].name
    if "uri" in settings:
        scheme, _, rest = _with_user(settings).partition("://")
        return f"{scheme if '+' in scheme else driver}://{rest}"
    if settings["type"] in FILES:
        return f"{driver}:///{settings.get('database', '')}"
    return f"{driver}://{_authority(settings)}{_end(settings)}"


def uri(settings: Mapping[str, Any]) -> str:
    """A connection's address as one text."""
    if "uri" in settings:
        return _with_user(settings)
    type = settings["type"]
    options = dict(settings.get("options") or {})
    scheme = options.pop("scheme", None) or SCHEMES.get(type, type)
    if type == "http" and "scheme" not in (settings.get("options") or {}):
        scheme = "http" if settings.get("port") == 80 else "https"
    if "://" in str(settings.get("host", "")):  # a master of Spark is often written so
        scheme, _, host = str(settings["host"]).partition("://")
        settings = {**settings, "host": host}
    return f"{scheme}://{_authority(settings)}{_end({**settings, 'options': options})}"


def _with_user(settings: Mapping[str, Any]) -> str:
    """A URI that is given, with a user that is given beside it."""
    text = str(settings["uri"])
    who = _who(settings)
    head, mark, rest = text.partition("://")
    if not who or not mark or "@" in rest.partition("/")[0]:
        return text
    return f"{head}://{who}@{rest}"


def _who(settings: Mapping[str, Any]) -> str:
    user, password = settings.get("user"), settings.get("password")
    who = quote(str(user or ""), safe="")
    return f"{who}:{quote(str(password), safe='')}" if password else who


def _authority(settings: Mapping[str, Any]) -> str:
    host = str(settings.get("host", ""))
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    who = _who(settings)
    port = f":{settings['port']}" if settings.get("port") else ""
    return f"{who}{'@' if who else ''}{host}{port}"


def _end(settings: Mapping[str, Any]) -> str:
    database = settings.get("database")
    options = settings.get("options") or {}
    query = {key: value for key, value in options.items() if isinstance(value, str | int | float)}
    path = f"/{quote(str(database))}" if database else "/" if query else ""
    return path + (f"?{urlencode(query)}" if query else "")
