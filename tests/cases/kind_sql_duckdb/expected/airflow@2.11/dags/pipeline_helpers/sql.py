"""SQL in one transaction, and what it returns as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from airflow.hooks.base import BaseHook

from pipeline_helpers.values import to_json


def run_duckdb(
    conn_id: str,
    statements: str | Sequence[str],
    parameters: Mapping[str, Any] | None = None,
    output: str = "none",
) -> Any:
    """Run statements in order in the database file that is the connection's host."""
    import duckdb

    given = parameters or {}
    file = BaseHook.get_connection(conn_id).host or ":memory:"
    with duckdb.connect(file) as database:
        found = None
        database.begin()
        for statement in database.extract_statements(";".join(listed(statements))):
            used = {name: given[name] for name in statement.named_parameters}
            wait_for(database, statement, used)
            if output != "none" and database.description:
                found = result(database.description, database.fetchall(), output)
        database.commit()
        return found


def wait_for(database: Any, statement: Any, parameters: Mapping[str, Any]) -> None:
    """In a thread: DuckDB works where no signal gets through, such as that of a timeout."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        done = thread.submit(database.execute, statement, parameters)
        try:
            done.result()
        except BaseException:
            if not done.done():
                database.interrupt()
            raise


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
