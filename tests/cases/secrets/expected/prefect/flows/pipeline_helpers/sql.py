"""What runs SQL statements; it must start without Prefect."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from .values import to_json


def execute(
    connection: Connection,
    statements: Sequence[str],
    parameters: Mapping[str, Any],
    output: str,
    hidden: Sequence[str] = (),
) -> Any:
    """Run the statements; return rows, the first value, or nothing.

    A failure does not tell the parameters that are `hidden`.
    """
    if connection.dialect.name == "sqlite":
        # its driver begins a transaction before an INSERT at the earliest
        connection.exec_driver_sql("BEGIN")
        parameters = {name: _iso(value) for name, value in parameters.items()}
    rows: list[dict[str, Any]] = []
    for statement in statements:
        try:
            result = connection.execute(text(statement), parameters)
        except DBAPIError as error:
            if not hidden:
                raise
            # a database repeats values in what it says
            raise _without(error, [parameters[name] for name in hidden]) from None
        if result.returns_rows and output != "none":
            rows = [dict(row) for row in result.mappings()]
    if output == "none":
        return None
    found = [{name: _plain(value) for name, value in row.items()} for row in rows]
    if output == "rows":
        return found
    return next(iter(found[0].values()), None) if found else None


def _without(error: DBAPIError, secrets: Sequence[str]) -> RuntimeError:
    """The first line of what was said: the next may show the statement with its values."""
    said = str(error.orig).partition("\n")[0]
    for secret in filter(None, secrets):
        said = said.replace(secret, "***")
    return RuntimeError(f"{type(error.orig).__name__}: {said}")


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _plain(value: Any) -> Any:
    """What a database returned in the types of JSON."""
    if isinstance(value, decimal.Decimal):
        exponent = value.as_tuple().exponent
        whole = isinstance(exponent, int) and exponent >= 0
        return int(value) if whole else to_json(float(value))
    if isinstance(value, datetime.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return to_json(value)
