"""Connections as resources of a job, and secrets: both come from the environment of its steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.expressions.tree import SecretRef, references
from dagglot.frozen import dataclass
from dagglot.ir.connections import used
from dagglot.ir.expand import thaw
from dagglot.ir.model import Connection, Pipeline
from dagglot.ir.task_values import values_of
from dagglot.pycode import Call, Code

DRIVERS: Final[Mapping[str, str]] = {
    "postgres": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
}
"""SQLAlchemy's name of a type of database."""
PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "postgres": ("sqlalchemy>=2", "psycopg2-binary"),
    "mysql": ("sqlalchemy>=2", "pymysql"),
    "sqlite": ("sqlalchemy>=2",),
    "duckdb": ("sqlalchemy>=2", "duckdb-engine"),
    "snowflake": ("sqlalchemy>=2", "snowflake-sqlalchemy"),
    "bigquery": ("sqlalchemy>=2", "sqlalchemy-bigquery"),
    "http": ("requests",),
}
"""What the resource of a type imports; Dagster itself brings some of it."""
_CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(DRIVERS, ("databases", "Database")),
    "http": ("http", "HttpService"),
    "smtp": ("mail", "MailServer"),
}
PARTS: Final = ("host", "port", "user", "password", "database")
_ADDRESSES: Final = ("host", "database")
"""A part that tells where a system is: with one written, it is not asked for as a whole."""


def environment_name(*words: str) -> str:
    """The variable of a secret, or of a part of a connection."""
    return re.sub(r"[^A-Za-z0-9]", "_", "_".join(words)).upper()


def class_of(connection: Connection) -> tuple[str, str]:
    """The module of the helpers and the class of a connection's resource."""
    return _CLASSES.get(connection.type, ("connections", "Connection"))


def declared(pipeline: Pipeline, name: str) -> Connection:
    return next(one for one in pipeline.connections if one.name == name)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a resource: written in the pipeline, or read from a variable."""

    name: str
    variable: str = ""
    value: object = None


def fields(connection: Connection, asked: set[str]) -> Iterator[Field]:
    """What a resource is given; ``asked`` are the fields that expressions read, and ``""`` where
    a task works with it."""
    written = connection.settings
    names = [name for name in ("uri", *PARTS) if name in written or name in asked]
    if "" in asked and "uri" not in names and not any(name in written for name in _ADDRESSES):
        names = ["uri"]
    for name in names:
        value = written.get(name)
        if isinstance(value, SecretRef):
            yield Field(name, environment_name(value.name))
        elif value is None:
            yield Field(name, environment_name(connection.name, name))
        else:
            yield Field(name, value=value)


def resource(connection: Connection, asked: set[str]) -> Call:
    """The resource, as a job is given it."""
    keywords: dict[str, object] = {}
    if connection.type in DRIVERS and "" in asked:
        keywords["driver"] = DRIVERS[connection.type]
    for one in fields(connection, asked):
        if one.variable:
            kind = ".int" if one.name == "port" else ""
            keywords[one.name] = Call(f"dg.EnvVar{kind}", (one.variable,))
        elif one.name == "port":
            keywords[one.name] = int(str(one.value))
        else:
            keywords[one.name] = one.value
    options = connection.settings.get("options")
    if options and "" in asked and connection.type in (*DRIVERS, "http", "smtp"):
        keywords["options"] = thaw(options)
    return Call(class_of(connection)[1], (), tuple(keywords.items()))


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """Two connections, or two secrets, that become one variable."""
    owners: dict[str, str] = {}
    for connection in used(pipeline):
        yield from _shared(owners, connection.name, title, connection.span)
    owners = {}
    for task in pipeline.tasks:
        for value, key in values_of(task):
            for leaf in references(value):
                if isinstance(leaf, SecretRef):
                    yield from _shared(owners, leaf.name, title, task.at(key))


def _shared(owners: dict[str, str], name: str, title: str, span: Span) -> Iterator[Diagnostic]:
    variable = environment_name(name)
    other = owners.setdefault(variable, name)
    if other != name:
        yield codes.NAMES_COLLIDE.at(span, first=other, second=name, name=variable, target=title)


def secret(name: str) -> Code:
    """What reads a secret; a missing one fails the task."""
    return Code(f'os.environ["{environment_name(name)}"]')
