"""Secrets and fields of connections, as a DAG file reads them from Airflow's own stores."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Final

from dagglot import pycode
from dagglot.expressions.tree import ConnectionField, SecretRef
from dagglot.ir.connections import FILES
from dagglot.ir.model import Pipeline, Value

_FIELDS: Final[Mapping[str, str]] = {
    "host": "host",
    "port": "port",
    "user": "login",
    "password": "password",
    "database": "schema",
}
_HOOKS: Final = frozenset({"postgres", "mysql", "sqlite", "snowflake"})
"""Types whose hook knows the URI as SQLAlchemy reads it; Airflow's own is of another form."""
_TAKEN: Final = frozenset({"get", "json", "value", "var"})
"""What Airflow's accessors `conn` and `var.value` have besides the names in the stores."""


def type_of(pipeline: Pipeline, connection: str) -> str:
    """The type of a connection of the pipeline."""
    return next(one.type for one in pipeline.connections if one.name == connection)


def is_secret(value: Value) -> bool:
    """Whether a value must not be seen in what Airflow shows of a task."""
    match value:
        case SecretRef():
            return True
        case ConnectionField(field=field):
            return field in ("password", "uri")
        case _:
            return False


def python_connection(type: str, name: str, field: str) -> str:
    """The source of a connection's field in a function; `BaseHook` must be imported."""
    id = pycode.literal(name)
    if field == "uri" and type in _HOOKS:
        return f"BaseHook.get_hook({id}).get_uri()"
    connection = f"BaseHook.get_connection({id})"
    if field == "uri":
        return f"{connection}.get_uri()"
    source = f"{connection}.{_attribute(type, field)}"
    return f"str({source})" if field == "port" else source


def jinja_connection(type: str, name: str, field: str) -> str:
    """The same inside a template."""
    connection = f"conn.{name}" if _is_plain(name) else f"conn.get('{name}')"
    if field == "uri":
        hook = f"{connection}.get_hook()" if type in _HOOKS else connection
        return f"{hook}.get_uri()"
    return f"{connection}.{_attribute(type, field)}"


def jinja_secret(name: str) -> str:
    """A Variable inside a template."""
    return f"var.value.{name}" if _is_plain(name) else f"var.value.get('{name}')"


def _attribute(type: str, field: str) -> str:
    # the file of a database that is one is the host of its connection
    return "host" if field == "database" and type in FILES else _FIELDS[field]


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in _TAKEN
