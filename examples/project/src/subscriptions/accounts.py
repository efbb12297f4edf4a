"""Accounts and plans, as the other modules see them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    monthly_cents: int
    included_units: int
    extra_unit_cents: int


@dataclass(frozen=True, slots=True)
class Account:
    """``churned`` says how the last renewal went; None where there was none yet."""

    id: str
    name: str
    plan: str
    currency: str
    seats: int
    months: int
    logins_30d: int
    tickets_90d: int
    late_payments: int
    churned: bool | None


def read_plans() -> dict[str, Plan]:
    with (DATA / "plans.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["plan"]: Plan(
                name=row["plan"],
                monthly_cents=int(row["monthly_cents"]),
                included_units=int(row["included_units"]),
                extra_unit_cents=int(row["extra_unit_cents"]),
            )
            for row in csv.DictReader(file)
        }


def read_accounts() -> list[Account]:
    """Every account that there is or was."""
    with (DATA / "accounts.csv").open(encoding="utf-8", newline="") as file:
        return [
            Account(
                id=row["account"],
                name=row["name"],
                plan=row["plan"],
                currency=row["currency"],
                seats=int(row["seats"]),
                months=int(row["months"]),
                logins_30d=int(row["logins_30d"]),
                tickets_90d=int(row["tickets_90d"]),
                late_payments=int(row["late_payments"]),
                churned={"yes": True, "no": False}.get(row["churned"]),
            )
            for row in csv.DictReader(file)
        ]


def customers(max_accounts: int) -> list[Account]:
    """Those who have not left; at most ``max_accounts`` of them, 0 for all."""
    present = [account for account in read_accounts() if not account.churned]
    return present[:max_accounts] if max_accounts else present
