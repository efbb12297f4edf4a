"""SQL in one transaction, and what it returns as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from .connections import Connection


class Database(Connection):
    """A database that SQLAlchemy has a driver for."""

    driver: str
    options: dict[str, str] | None = None

    def address(self) -> sa.URL:
        if self.uri:
            address = sa.make_url(self.uri)
            if "+" not in address.drivername:
                address = address.set(drivername=self.driver)
            return address.update_query_dict(self.options or {})
        return sa.URL.create(
            self.driver,
            self.user,
            self.password,
            self.host,
            self.port,
            self.database,
            self.options or {},
        )

    def run(
        self,
        statements: str | Sequence[str],
        parameters: Mapping[str, Any] | None = None,
        output: str = "none",
        hidden: Sequence[str] = (),
    ) -> Any:
        """Run statements in order; what fails before the commit at the end leaves nothing.

        Parameters are bound by the driver with their own types, and not logged; a failure
        does not tell those that are `hidden`.
        """
        engine = sa.create_engine(
            self.address(), poolclass=sa.NullPool, hide_parameters=True
        )
        texts = [statements] if isinstance(statements, str) else statements
        given = dict(parameters or {})
        found = None
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                # its driver begins a transaction before an insert, not before a create
                connection.exec_driver_sql("begin")
                given = {name: _iso(value) for name, value in given.items()}
            for statement in texts:
                try:
                    done = connection.execute(sa.text(statement), given)
                except sa.exc.DBAPIError as error:
                    if not hidden:
                        raise
                    # a database repeats values in what it says
                    raise without(error, [given[name] for name in hidden]) from None
                if output != "none" and done.returns_rows:
                    columns = done.cursor.description
                    found = result(columns, done.fetchall(), output)
        return found


def without(error: sa.exc.DBAPIError, secrets: Sequence[str]) -> RuntimeError:
    """The first line of what was said: the next may show the statement with its values."""
    said = str(error.orig).partition("\n")[0]
    for secret in filter(None, secrets):
        said = said.replace(secret, "***")
    return RuntimeError(f"{type(error.orig).__name__}: {said}")


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def result(columns: Sequence[Any], rows: Sequence[Sequence[Any]], output: str) -> Any:
    """The rows by the names of their columns, or the first cell."""
    if output == "scalar":
        return plain(rows[0][0]) if rows else None
    names = [column[0] for column in columns]
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows]


def plain(value: Any) -> Any:
    """A cell in the types of JSON; what has no such type, `to_json` refuses."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        whole = isinstance(exponent, int) and exponent >= 0
        return int(value) if whole else float(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return str(value) if isinstance(value, UUID) else value
