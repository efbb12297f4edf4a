"""Makes the exports: two good days, one that is cut off, one with an order of nobody."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent / "exports"
NAMES = ("Ada", "Bo", "Chen", "Dara", "Eli", "Femi", "Gül", "Hana", "Ivo", "Jo", "Kim", "Lea")
PRODUCTS = (
    ("p1", "Assam", "Tea", "6.90"),
    ("p2", "Sencha", "Tea", "9.50"),
    ("p3", "Espresso", "Coffee", "12.40"),
    ("p4", "Filter roast", "Coffee", "10.80"),
    ("p5", "Teapot", "Ware", "34.00"),
    ("p6", "Grinder", "Ware", "89.00"),
)
DAYS = {"2026-10-21": 45, "2026-10-22": 12, "2026-10-23": 38, "2026-10-24": 40}
"""How many orders there are."""
BROKEN = "2026-10-23"


def write(path: Path, rows: list[tuple[object, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main() -> None:
    for day, count in DAYS.items():
        draw = random.Random(day)
        people = [
            (f"c{n}", name, draw.choice(("es", "PT", "fr")), "2026-01-01")
            for n, name in enumerate(NAMES)
        ]
        write(HERE / day / "customers.csv", [("customer_id", "name", "country", "since"), *people])
        goods = [product[:3] for product in PRODUCTS]
        write(HERE / day / "products.csv", [("product_id", "title", "category"), *goods])
        head = (
            "order_id",
            "customer_id",
            "product_id",
            "quantity",
            "unit_price",
            "status",
            "ordered_at",
        )
        orders: list[tuple[object, ...]] = []
        moment = datetime.fromisoformat(f"{day} 00:05:00")
        for number in range(count):
            product, _, _, price = draw.choice(PRODUCTS)
            moment += timedelta(minutes=draw.randint(5, 30))
            customer = draw.choice(people)[0]
            if day == BROKEN and number == 17:
                customer = "c99"
            state = draw.choice(("paid", "Shipped", "shipped", "cancelled"))
            orders.append(
                (f"{day}-{number:03}", customer, product, draw.randint(1, 3), price, state, moment)
            )
        write(HERE / day / "orders.csv", [head, *orders])


if __name__ == "__main__":
    main()
