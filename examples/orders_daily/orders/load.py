"""One region's orders into the warehouse: a SQLite file, so that the example needs no server."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict
from typing import Any

from orders.exports import exports_folder, read_export
from orders.results import results_folder

TABLE = """
create table if not exists orders (
  order_id text primary key,
  region text not null,
  ordered_at text not null,
  customer text not null,
  sku text not null,
  quantity integer not null,
  amount_eur_cents integer not null,
  status text not null
)
"""
UPSERT = """
insert into orders
values (:order_id, :region, :ordered_at, :customer, :sku, :quantity, :amount_eur_cents, :status)
on conflict (order_id) do update set
  region = excluded.region, ordered_at = excluded.ordered_at, customer = excluded.customer,
  sku = excluded.sku, quantity = excluded.quantity,
  amount_eur_cents = excluded.amount_eur_cents, status = excluded.status
"""
LOCK_SECONDS = 30
"""How long a load waits for the others: SQLite lets one write at a time."""


def load_region(
    region: str,
    expected_orders: int,
    full_refresh: bool,
    exports_dir: str | None,
    results_dir: str | None,
) -> dict[str, Any]:
    """Load a region in one transaction, so that a retry finds either nothing of it or all.

    Upserts by order id: to load the same export twice changes nothing.
    """
    orders = read_export(region, exports_folder(exports_dir)).orders
    if len(orders) != expected_orders:
        raise RuntimeError(
            f"{region}: {expected_orders} orders were validated, the file now has {len(orders)}"
        )
    warehouse = results_folder(results_dir) / "warehouse.sqlite"
    # isolation_level=None: the transaction is ours, and takes the lock before it reads
    with closing(sqlite3.connect(warehouse, timeout=LOCK_SECONDS, isolation_level=None)) as db:
        db.execute("begin immediate")
        try:
            db.execute(TABLE)
            if full_refresh:
                db.execute("delete from orders where region = ?", (region,))
            db.executemany(UPSERT, [{**asdict(order), "region": region} for order in orders])
            db.execute("commit")
        except BaseException:
            db.execute("rollback")
            raise
    sold = [order for order in orders if order.status in ("paid", "shipped")]
    return {
        "region": region,
        "orders": len(orders),
        "sold": len(sold),
        "revenue_eur_cents": sum(order.amount_eur_cents for order in sold),
    }
