"""Params are checked once more when a run has started."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException


def check_params(context: Context, by_hand: Collection[str] = ()) -> None:
    """A `pre_execute` hook that refuses what the params' schemas let through, without retries.

    Only the schedule may leave out the params `by_hand`.
    """
    declared = context["dag"].params
    conf = context["dag_run"].conf or {}
    problems = [f"there is no param {name!r}" for name in conf if name not in declared]
    if context["dag_run"].run_type != "scheduled":
        problems += [f"{name!r} is required" for name in by_hand if name not in conf]
    for name in declared:
        value, schema = context["params"][name], declared.get_param(name).schema
        if isinstance(value, float) and "integer" in schema["type"]:
            problems.append(f"{name!r} must be a whole number, not {value!r}")
        if isinstance(value, str) and schema.get("format") == "date-time":
            try:
                datetime.fromisoformat(value)
            except ValueError:
                problems.append(f"{name!r} must be a time in ISO 8601, not {value!r}")
    if problems:
        raise AirflowFailException(f"the params are refused: {'; '.join(problems)}")
