"""Who may leave: a logistic regression, small enough to need no library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from subscriptions.accounts import Account, customers, read_accounts
from subscriptions.results import results_folder, write_text

FEATURES = ("months", "logins_30d", "tickets_90d", "late_payments")
LEARNING_RATE = 0.3


def evaluate(fold: int, folds: int, steps: int) -> dict[str, int]:
    """How many accounts of one fold a model gets right that was fitted on the others."""
    known = _known()
    model = _fit([one for index, one in enumerate(known) if index % folds != fold], steps)
    held_out = [one for index, one in enumerate(known) if index % folds == fold]
    right = sum((_probability(model, one) >= 0.5) == one.churned for one in held_out)
    return {"fold": fold, "right": right, "of": len(held_out)}


def accept(results: list[dict[str, int]], min_accuracy: float) -> float:
    """The accuracy over all folds. Raises where it is below ``min_accuracy``."""
    accuracy = sum(one["right"] for one in results) / sum(one["of"] for one in results)
    if accuracy < min_accuracy:
        raise RuntimeError(f"accuracy {accuracy:.3f} is below {min_accuracy}: scoring nothing")
    return round(accuracy, 3)


def train(steps: int) -> dict[str, Any]:
    """The model, fitted on every account whose fate is known: small enough to be an output."""
    return _fit(_known(), steps)


def score(
    model: dict[str, Any],
    top: int,
    day: date,
    max_accounts: int,
    store: str,
    results_dir: str | None,
) -> dict[str, Any]:
    """List the ``top`` customers most likely to leave, most likely first."""
    ranked = sorted(
        ((round(_probability(model, account), 3), account) for account in customers(max_accounts)),
        key=lambda pair: (-pair[0], pair[1].id),
    )[:top]
    lines = [f"{risk:6.1%}  {account.id}  {account.name}" for risk, account in ranked]
    path = results_folder(store, results_dir) / f"churn-{day.isoformat()}.txt"
    write_text(path, "\n".join(lines) + "\n")
    return {
        "path": str(path),
        "accounts": [{"account": account.id, "risk": risk} for risk, account in ranked],
    }


def _known() -> list[Account]:
    return [account for account in read_accounts() if account.churned is not None]


def _fit(accounts: Sequence[Account], steps: int) -> dict[str, Any]:
    """Gradient descent on standardised features, from zero: the same input, the same model."""
    columns = [[float(getattr(account, name)) for account in accounts] for name in FEATURES]
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        math.sqrt(sum((value - mean) ** 2 for value in column) / len(column)) or 1.0
        for column, mean in zip(columns, means, strict=True)
    ]
    model: dict[str, Any] = {
        "means": means,
        "spreads": spreads,
        "weights": [0.0] * len(FEATURES),
        "bias": 0.0,
    }
    for _ in range(steps):
        slopes = [0.0] * len(FEATURES)
        slope = 0.0
        for account in accounts:
            error = _probability(model, account) - float(bool(account.churned))
            slope += error
            for index, value in enumerate(_standardised(model, account)):
                slopes[index] += error * value
        rate = LEARNING_RATE / len(accounts)
        model["bias"] -= rate * slope
        model["weights"] = [
            weight - rate * one for weight, one in zip(model["weights"], slopes, strict=True)
        ]
    return model


def _standardised(model: dict[str, Any], account: Account) -> list[float]:
    return [
        (float(getattr(account, name)) - mean) / spread
        for name, mean, spread in zip(FEATURES, model["means"], model["spreads"], strict=True)
    ]


def _probability(model: dict[str, Any], account: Account) -> float:
    values = zip(model["weights"], _standardised(model, account), strict=True)
    return 1 / (1 + math.exp(-model["bias"] - sum(weight * value for weight, value in values)))
