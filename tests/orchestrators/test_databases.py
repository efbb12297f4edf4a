"""SQL on a real PostgreSQL server and on DuckDB: the same values, the same ends, everywhere."""

from __future__ import annotations

import pytest

from orchestrators.kinds import told
from orchestrators.test_kinds import outputs, targets

pytestmark = pytest.mark.orchestrator

VALUES = {
    "id": "00000000-0000-0000-0000-00000000002a",
    "day": "2026-10-24",
    "local": "2026-10-24T01:02:03.500000",
    "clock": "04:05:06",
    "amount": 12.5,
    "whole": 42,
    "share": 0.1,
    "number": 9007199254740993,
    "flag": True,
    "tags": ["a", "b'%"],
    "sums": [1.5, 2],
    "nothing": None,
}


@targets("kind_sql_postgres")
def test_postgres_takes_and_returns_values_of_every_type(target: str) -> None:
    found = outputs(told(target), "kind_sql_postgres")
    (row,) = found["rows"]
    region = 'o\'brien; drop table pg_sales; -- 100% "é" \\ :no {{ jinja }}'
    more = {"at": "2026-10-24T06:30:00+00:00", "region": region, "more": {"a": [1, 2.5, None]}}
    assert row == {**VALUES, **more}
    assert found["types"] == [
        {
            "day": "date",
            "at": "timestamp with time zone",
            "amount": "numeric",
            "number": "integer",
            "flag": "boolean",
            "text": "5",
            "nothing": True,
            "rounded": 12.3,
            "joined": "a7",
            "found": 1,
        }
    ]
    assert found["waits"] == 12.5


@targets("kind_sql_postgres")
def test_postgres_keeps_nothing_of_what_fails_or_takes_too_long(target: str) -> None:
    """The run would not last as long as the statement that is stopped."""
    found = told(target)
    assert found.states("kind_sql_postgres") == {
        **dict.fromkeys(("load", "rows", "types", "waits", "kept"), "success"),
        **dict.fromkeys(("broken", "shut", "slow"), "failed"),
    }
    kept = outputs(found, "kind_sql_postgres")["kept"]
    assert kept == [{"sales": 1, "half": None, "slow": None}]


@targets("kind_sql_postgres")
def test_failures_say_what_the_server_said(target: str) -> None:
    log = (told(target).scratch / "log").read_text(errors="replace")
    assert 'password authentication failed for user "etl"' in log
    assert 'invalid input syntax for type integer: "***"' in log


@targets("kind_sql_duckdb")
def test_duckdb(target: str) -> None:
    found = told(target)
    states = found.states("kind_sql_duckdb")
    assert states == {
        **dict.fromkeys(("load", "rows", "kept"), "success"),
        **dict.fromkeys(("broken", "slow"), "failed"),
    }
    seen = outputs(found, "kind_sql_duckdb")
    (row,) = seen["rows"]
    region = 'o\'brien; -- 100% "é" \\ $no :no {{ jinja }}'
    more = {"moment": "2026-10-24T06:30:00+00:00", "more": {"a": 1, "b": 2.5}}
    assert row == {**VALUES, **more, "region": region, "said": "2026-10-24"}
    assert seen["kept"] is True
