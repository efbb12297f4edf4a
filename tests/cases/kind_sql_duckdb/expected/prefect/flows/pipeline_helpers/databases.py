"""SQL statements on the database of an SQLAlchemy Connector block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from prefect_sqlalchemy import SqlAlchemyConnector

from .processes import call_with_timeout
from .sql import execute


def run_sql(
    connector: SqlAlchemyConnector,
    *statements: str,
    parameters: Mapping[str, Any] | None = None,
    output: Literal["none", "rows", "scalar"] = "none",
    timeout: float | None = None,
) -> Any:
    """Run statements in order, in one transaction that is committed at the end.

    The output is of the last statement that returns rows: a list of them, each a map of
    columns, or the first value of the first. With a timeout they run in a process of
    their own, which is killed; the database then rolls the transaction back.
    """
    with connector:
        # errors would show the parameters, which may be secret
        engine = connector.get_engine(hide_parameters=True)
        if timeout is not None:
            return call_with_timeout(
                timeout,
                "pipeline_helpers.sql:execute_at",
                url=engine.url,
                connect_args=connector.connect_args or {},
                statements=statements,
                parameters=parameters or {},
                output=output,
            )
        with engine.begin() as connection:
            return execute(connection, statements, parameters or {}, output)
