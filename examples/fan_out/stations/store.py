"""The measurements of all stations: a SQLite file, so that the example needs no server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from stations.folders import read_json

TABLE = """
create table if not exists pm25 (
  station text not null,
  hour text not null,
  value real not null,
  primary key (station, hour)
)
"""
LOCK_SECONDS = 30
"""How long a load waits for the others: SQLite lets one write at a time."""


def load(path: str, results: str) -> dict[str, Any]:
    """Upsert one file's hours in one transaction: a second attempt finds none of them, or all."""
    file = read_json(path)
    rows = [(file["station"], hour, value) for hour, value in file["hours"].items()]
    with _transaction(results) as db:
        db.executemany("insert or replace into pm25 values (?, ?, ?)", rows)
    return {"station": file["station"], "hours": len(rows)}


def summarise(station: str, results: str) -> dict[str, Any]:
    """A station's mean, and its worst hour."""
    query = "select hour, value from pm25 where station = ? order by value desc, hour"
    with _transaction(results) as db:
        rows = db.execute(query, (station,)).fetchall()
    if not rows:
        raise LookupError(f"nothing was loaded for {station}")
    hour, worst = rows[0]
    mean = round(sum(value for _, value in rows) / len(rows), 1)
    return {"station": station, "mean": mean, "worst": worst, "worst_hour": hour}


@contextmanager
def _transaction(results: str) -> Iterator[sqlite3.Connection]:
    database = Path(results) / "air_quality.sqlite"
    # isolation_level=None: the transaction is ours, and takes the lock before it reads
    with closing(sqlite3.connect(database, timeout=LOCK_SECONDS, isolation_level=None)) as db:
        db.execute("begin immediate")
        try:
            db.execute(TABLE)
            yield db
            db.execute("commit")
        except BaseException:
            db.execute("rollback")
            raise
