"""A region's export, as it arrives: cleaned where that is safe, else refused row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
EXPORTS = DATA / "exports"
COLUMNS = frozenset(
    {"order_id", "ordered_at", "customer", "sku", "quantity", "unit_price", "currency", "status"}
)
STATUSES = frozenset({"paid", "shipped", "cancelled", "refunded"})


class BrokenExportError(Exception):
    """The file itself is unusable: missing, cut off, or not the agreed layout."""


@dataclass(frozen=True, slots=True)
class Order:
    order_id: str
    ordered_at: str
    customer: str
    sku: str
    quantity: int
    amount_eur_cents: int
    status: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be loaded; ``line`` is its line in the file."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """``orders`` are unique by id: where an export repeats an order, its last row counts."""

    orders: tuple[Order, ...]
    rejected: tuple[Rejected, ...]
    repeated: int


def exports_folder(exports_dir: str | None) -> Path:
    """The folder that a run was given, or the one that ships with the example."""
    folder = Path(exports_dir) if exports_dir else EXPORTS
    if not folder.is_dir():
        raise BrokenExportError(f"there is no folder {folder}")
    return folder


def regions_in(folder: Path) -> list[str]:
    """The regions that have dropped an export, in an order that no file system decides."""
    return sorted(path.stem for path in folder.glob("*.csv"))


def read_rates() -> dict[str, Decimal]:
    """What one unit of each currency is worth in euros."""
    with (DATA / "rates.csv").open(encoding="utf-8", newline="") as file:
        return {row["currency"]: Decimal(row["eur"]) for row in csv.DictReader(file)}


def read_export(region: str, folder: Path = EXPORTS) -> Export:
    """The orders of one region. EMEA writes semicolons and decimal commas, and a BOM."""
    path = folder / f"{region}.csv"
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BrokenExportError(f"{path.name} has not arrived") from None
    except UnicodeDecodeError as error:
        raise BrokenExportError(f"{path.name} is not UTF-8 (byte {error.start})") from None
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = COLUMNS.difference(rows.fieldnames or ())
    if missing:
        raise BrokenExportError(f"{path.name} lacks the columns {', '.join(sorted(missing))}")

    rates = read_rates()
    orders: dict[str, Order] = {}
    rejected: list[Rejected] = []
    repeated = 0
    for row in rows:
        try:
            order = _order(row, rates, decimal_comma=delimiter == ";")
        except ValueError as error:
            rejected.append(Rejected(rows.line_num, str(error)))
            continue
        repeated += order.order_id in orders
        orders[order.order_id] = order
    return Export(tuple(orders.values()), tuple(rejected), repeated)


def _order(
    row: Mapping[str | None, str | None], rates: Mapping[str, Decimal], *, decimal_comma: bool
) -> Order:
    if None in row or None in row.values():
        raise ValueError("wrong number of fields")
    field = {name: (row[name] or "").strip() for name in COLUMNS}
    if not field["order_id"]:
        raise ValueError("no order_id")
    try:
        ordered_at = datetime.fromisoformat(field["ordered_at"])
    except ValueError:
        raise ValueError(f"ordered_at is no time: {field['ordered_at']!r}") from None
    quantity = _number("quantity", field["quantity"], decimal_comma)
    price = _number("unit_price", field["unit_price"], decimal_comma)
    if quantity <= 0 or quantity != int(quantity):
        raise ValueError(f"quantity is not a positive whole number: {field['quantity']!r}")
    if price < 0:
        raise ValueError(f"unit_price is negative: {field['unit_price']!r}")
    rate = rates.get(field["currency"].upper())
    if rate is None:
        raise ValueError(f"no rate for the currency {field['currency']!r}")
    status = field["status"].lower()
    if status not in STATUSES:
        raise ValueError(f"unknown status: {field['status']!r}")
    cents = (quantity * price * rate * 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Order(
        order_id=field["order_id"],
        ordered_at=ordered_at.isoformat(),
        customer=field["customer"],
        sku=field["sku"].upper(),
        quantity=int(quantity),
        amount_eur_cents=int(cents),
        status=status,
    )


def _number(name: str, text: str, decimal_comma: bool) -> Decimal:
    plain = text.lstrip("$€£¥")
    plain = plain.replace(".", "").replace(",", ".") if decimal_comma else plain.replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{name} is no number: {text!r}") from None
    if not number.is_finite():
        raise ValueError(f"{name} is no number: {text!r}")
    return number
