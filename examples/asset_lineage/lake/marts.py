"""What is looked at."""

import json
from collections import defaultdict
from pathlib import Path

from lake.files import read_rows, write_text


def sales(lake):
    folder = Path(lake)
    rates = {row["currency"]: float(row["euros"]) for row in read_rows(folder / "raw_rates.csv")}
    euros = defaultdict(float)
    for order in read_rows(folder / "orders.csv"):
        euros[order["country"]] += float(order["amount"]) * rates[order["currency"]]
    found = {country: round(amount, 2) for country, amount in sorted(euros.items())}
    write_text(folder / "sales.json", json.dumps(found))
    return {"euros": found, "countries": len(found)}


def are_positive(amounts):
    return all(amount > 0 for amount in amounts.values())


def headline(euros, lake):
    best = max(euros, key=euros.get)
    text = f"{best} leads with {euros[best]:.2f} of {sum(euros.values()):.2f} euros"
    write_text(Path(lake) / "headline.txt", text + "\n")
    return text
