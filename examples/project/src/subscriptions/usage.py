"""What accounts used, from the feed of events."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from subscriptions.accounts import DATA, customers
from subscriptions.results import results_folder

PRODUCTS = frozenset({"api", "storage", "exports"})
LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    at: datetime
    account: str
    product: str
    units: int


class BadEventError(ValueError):
    """A line of the feed that says nothing usable."""


def parse_event(line: str, accounts: Collection[str]) -> Event:
    """One line of the feed. Raises `BadEventError` with the reason."""
    try:
        raw = json.loads(line)
        event = Event(
            id=str(raw["id"]),
            at=datetime.fromisoformat(raw["at"].replace("Z", "+00:00")),
            account=raw["account"],
            product=raw["product"],
            units=int(raw["units"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadEventError(f"unreadable: {error}") from None
    if event.units < 0:
        raise BadEventError(f"{event.id}: negative units")
    if event.product not in PRODUCTS:
        raise BadEventError(f"{event.id}: unknown product {event.product!r}")
    if event.account not in accounts:
        raise BadEventError(f"{event.id}: unknown account {event.account!r}")
    return event


def read_events(refused: list[str] | None = None) -> Iterator[Event]:
    """The feed's events, each once: it is delivered at least once. ``refused`` gets the rest."""
    known = {account.id for account in customers(0)}
    seen: set[str] = set()
    with (DATA / "events.jsonl").open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                event = parse_event(line, known)
            except BadEventError as error:
                if refused is not None:
                    refused.append(f"line {number}: {error}")
                continue
            if event.id not in seen:
                seen.add(event.id)
                yield event


def collect(
    until: datetime, max_accounts: int, store: str, results_dir: str | None
) -> dict[str, Any]:
    """Hourly sums into the store's database.

    The feed holds the last days, so every run writes the same sums again: one that was missed, or
    ran twice, leaves no trace.
    """
    refused: list[str] = []
    wanted = {account.id for account in customers(max_accounts)}
    sums: Counter[tuple[str, str, str]] = Counter()
    events = 0
    for event in read_events(refused):
        if event.account in wanted and event.at < until:
            events += 1
            sums[event.account, event.product, event.at.strftime("%Y-%m-%dT%H:00Z")] += event.units
    for line in refused:
        print(line)
    database = results_folder(store, results_dir) / "usage.sqlite"
    with closing(sqlite3.connect(database, timeout=LOCK_SECONDS, isolation_level=None)) as db:
        db.execute("begin immediate")
        try:
            db.execute(
                "create table if not exists usage (account text, product text, hour text, "
                "units integer not null, primary key (account, product, hour))"
            )
            db.executemany(
                "insert or replace into usage values (?, ?, ?, ?)",
                [(*key, units) for key, units in sorted(sums.items())],
            )
            db.execute("commit")
        except BaseException:
            db.execute("rollback")
            raise
    return {"database": str(database), "events": events, "refused": len(refused)}


def summarise(product: str, database: str) -> dict[str, Any]:
    """A product's units over all, and the hour (of any day) in which most of them fell."""
    with closing(sqlite3.connect(Path(database), timeout=LOCK_SECONDS)) as db:
        hours = db.execute(
            "select substr(hour, 12, 5), sum(units) from usage where product = ? "
            "group by 1 order by 2 desc, 1",
            (product,),
        ).fetchall()
    return {
        "product": product,
        "units": sum(units for _, units in hours),
        "busiest": hours[0][0] if hours else None,
    }
