"""SQL in one transaction, and what it returns as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
) -> Any:
    """Run statements in order, and commit at the end; what fails before that leaves nothing.

    Parameters are bound by the driver with their own types, and not logged.
    """
    hook = BaseHook.get_hook(conn_id)
    given = dict(parameters or {})
    if hook.conn_type == "sqlite":
        # it has no type for days and times
        moments = {key: each for key, each in given.items() if isinstance(each, date)}
        given |= {key: each.isoformat() for key, each in moments.items()}
    with closing(hook.get_conn()) as connection:
        if type(connection).__module__ == "psycopg":
            # on the server, DDL takes no parameters, and others none of an unknown type
            from psycopg import ClientCursor

            connection.cursor_factory = ClientCursor
        if hook.supports_autocommit:
            hook.set_autocommit(connection, False)
        found = None
        with closing(connection.cursor()) as cursor:
            if hook.conn_type == "sqlite":
                # its driver begins a transaction before an insert, not before a create
                cursor.execute("begin")
            for statement in listed(statements):
                cursor.execute(statement, *([given] if given else []))
                if output != "none" and cursor.description:
                    found = result(cursor.description, cursor.fetchall(), output)
        connection.commit()
        return found


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


def run_bigquery(
    conn_id: str,
    statements: str | Sequence[str],
    parameters: Mapping[str, Any] | None = None,
    output: str = "none",
) -> Any:
    """Run statements in order, each of which BigQuery commits at its end.

    The project is the connection's host, else that of its credentials; the data set of
    tables that name none is its schema.
    """
    # the import takes seconds
    from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook
    from google.cloud.bigquery import QueryJobConfig, dbapi

    given = dict(parameters or {})
    place = BaseHook.get_connection(conn_id)
    hook = BigQueryHook(gcp_conn_id=conn_id)
    client = hook.get_client(project_id=place.host or hook.project_id)
    if place.schema:
        default = f"{client.project}.{place.schema}"
        client.default_query_job_config = QueryJobConfig(default_dataset=default)
    connection = dbapi.connect(client, prefer_bqstorage_client=False)
    with closing(connection), closing(connection.cursor()) as cursor:
        found = None
        for statement in listed(statements):
            cursor.execute(statement, given)
            if output != "none" and cursor.description:
                found = result(cursor.description, cursor.fetchall(), output)
        return found


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
