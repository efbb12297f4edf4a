"""Which connections, variables and pools an Airflow lacks: `python stores.py ANSWER < REQUEST`.

Request: {"needs": [[kind, name]]}, a kind being connection, variable or pool.
Answer: {"version", "missing": [[kind, name]], "unasked": null or why it could not be asked}.
It is the Airflow of the user's own settings, with its secrets backends; no value leaves it.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import common

common.hide_probe()


def main() -> None:
    needs = json.load(sys.stdin)["needs"]
    answer: dict[str, Any] = {"version": common.VERSION, "missing": [], "unasked": None}
    try:
        ask_database()
        answer["missing"] = [[kind, name] for kind, name in needs if not has(kind, name)]
    except Exception as error:
        words = f"{type(error).__name__}: {error}".splitlines()
        answer["unasked"] = words[0]
    common.write_answer(sys.argv[1], answer)


def ask_database() -> None:
    """Raises where there is none: Airflow itself takes that for an empty store."""
    from airflow.models import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(Pool.pool).first()


def has(kind: str, name: str) -> bool:
    from airflow.exceptions import AirflowNotFoundException
    from airflow.models import Connection, Pool, Variable
    from airflow.utils.session import create_session

    if kind == "pool":
        with create_session() as session:
            return session.query(Pool).filter(Pool.pool == name).first() is not None
    if kind == "variable":
        return Variable.get_variable_from_secrets(name) is not None
    with contextlib.suppress(AirflowNotFoundException):
        Connection.get_connection_from_secrets(name)
        return True
    return False


if __name__ == "__main__":
    main()
