"""SQL in one transaction, and what it returns as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from airflow.sdk import BaseHook

from pipeline_helpers.values import to_json


def run_sql(
    conn_id: str,
    statements: str | Sequence[str],
    parameters: Mapping[str, Any] | None = None,
    output: str = "none",
    hidden: Sequence[str] = (),
) -> Any:
    """Run statements in order, and commit at the end; what fails before that leaves nothing.

    Parameters are bound by the driver with their own types, and not logged; a failure does
    not tell those that are `hidden`.
    """
    hook = BaseHook.get_hook(conn_id)
    given = dict(parameters or {})
    if hook.conn_type == "sqlite":
        # it has no type for days and times
        moments = {key: each for key, each in given.items() if isinstance(each, date)}
        given |= {key: each.isoformat() for key, each in moments.items()}
    with closing(hook.get_conn()) as connection:
        if hook.supports_autocommit:
            hook.set_autocommit(connection, False)
        found = None
        with closing(connection.cursor()) as cursor:
            if hook.conn_type == "sqlite":
                # its driver begins a transaction before an insert, not before a create
                cursor.execute("begin")
            for statement in listed(statements):
                try:
                    cursor.execute(statement, *([given] if given else []))
                except Exception as error:
                    if not hidden:
                        raise
                    # a database repeats values in what it says
                    raise without(error, [given[name] for name in hidden]) from None
                if output != "none" and cursor.description:
                    found = result(cursor.description, cursor.fetchall(), output)
        connection.commit()
        return found


def without(error: Exception, secrets: Sequence[str]) -> RuntimeError:
    """The first line of what was said: the next may show the statement with its values."""
    said = str(error).partition("\n")[0]
    for secret in filter(None, secrets):
        said = said.replace(secret, "***")
    return RuntimeError(f"{type(error).__name__}: {said}")


def listed(statements: str | Sequence[str]) -> Sequence[str]:
    return [statements] if isinstance(statements, str) else statements


def result(columns: Sequence[Any], rows: Sequence[Sequence[Any]], output: str) -> Any:
    """The rows by the names of their columns, or the first cell."""
    if output == "scalar":
        return plain(rows[0][0]) if rows else None
    names = [column[0] for column in columns]
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows]


def plain(value: Any) -> Any:
    """A cell in the types of JSON."""
    if isinstance(value, Decimal):
        return to_json(float(value)) if "." in f"{value:f}" else int(value)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, UUID) else to_json(value)
