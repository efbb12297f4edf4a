"""Invoices: a plan's price, and what was used beyond what it includes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from subscriptions.accounts import customers, read_plans
from subscriptions.results import results_folder, write_text
from subscriptions.usage import read_events


def draft(
    day: date,
    run_id: str,
    include_plan_only: bool,
    max_accounts: int,
    store: str,
    results_dir: str | None,
) -> dict[str, Any]:
    """Draft the invoices into a folder of this run's own. All amounts are whole cents."""
    used: Counter[str] = Counter()
    for event in read_events():
        used[event.account] += event.units
    plans = read_plans()
    lines: list[dict[str, Any]] = []
    for account in customers(max_accounts):
        plan = plans[account.plan]
        extra_units = max(0, used[account.id] - plan.included_units)
        if extra_units or include_plan_only:
            lines.append(
                {
                    "account": account.id,
                    "name": account.name,
                    "currency": account.currency,
                    "plan_cents": plan.monthly_cents,
                    "extra_cents": extra_units * plan.extra_unit_cents,
                }
            )
    run = re.sub(r"[^A-Za-z0-9_.-]", "_", run_id)
    folder = results_folder(store, results_dir) / "invoices" / day.isoformat() / run
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "draft.json"
    write_text(path, json.dumps(lines, indent=1))
    return {
        "folder": str(folder),
        "path": str(path),
        "invoices": len(lines),
        "total_cents": sum(line["plan_cents"] + line["extra_cents"] for line in lines),
    }


def write(currency: str, decimal: str, draft: str) -> dict[str, Any]:
    """The invoices of one currency as CSV, with the decimal sign that its accountants use."""
    path = Path(draft)
    lines = [
        line
        for line in json.loads(path.read_text(encoding="utf-8"))
        if line["currency"] == currency
    ]
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\n")
    rows.writerow(["account", "name", "plan", "extra", "total"])
    total = 0
    for line in lines:
        amount = line["plan_cents"] + line["extra_cents"]
        total += amount
        cents = (line["plan_cents"], line["extra_cents"], amount)
        rows.writerow([line["account"], line["name"], *(_money(one, decimal) for one in cents)])
    write_text(path.with_name(f"{currency}.csv"), text.getvalue())
    return {"currency": currency, "invoices": len(lines), "total_cents": total}


def reconcile(drafted_cents: int, written: list[dict[str, Any]]) -> dict[str, Any]:
    """Raises where an invoice was lost on the way, say one in a currency that has no file."""
    total = sum(file["total_cents"] for file in written)
    if total != drafted_cents:
        raise RuntimeError(f"{drafted_cents} cents were drafted, {total} were written")
    return {"invoices": sum(file["invoices"] for file in written), "total_cents": total}


def _money(cents: int, decimal: str) -> str:
    return f"{cents // 100}{decimal}{cents % 100:02d}"
