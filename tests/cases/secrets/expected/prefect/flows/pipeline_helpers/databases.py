"""SQL statements on the database of an SQLAlchemy Connector block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from prefect_sqlalchemy import SqlAlchemyConnector

from .sql import execute


def run_sql(
    connector: SqlAlchemyConnector,
    *statements: str,
    parameters: Mapping[str, Any] | None = None,
    output: Literal["none", "rows", "scalar"] = "none",
    hidden: Sequence[str] = (),
) -> Any:
    """Run statements in order, in one transaction that is committed at the end.

    The output is of the last statement that returns rows: a list of them, each a map of
    columns, or the first value of the first.
    """
    with connector:
        # errors would show the parameters, which may be secret
        engine = connector.get_engine(hide_parameters=True)
        with engine.begin() as connection:
            return execute(connection, statements, parameters or {}, output, hidden)
