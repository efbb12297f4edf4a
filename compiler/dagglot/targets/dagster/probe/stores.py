"""Which environment variables and limits a Dagster lacks: `python stores.py ANSWER < REQUEST`.

Request: {"needs": [[kind, name]]}, a kind being `environment variable`, `pool limit`, `run
limit` or `run monitoring`; and "folder", whose `.env` Dagster reads as well.
Answer: {"version", "missing": [[kind, name]], "unasked": null or why it could not be asked}.
The instance is that of DAGSTER_HOME; no value leaves it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import common


def main() -> None:
    common.leave_the_import_path()
    request = json.load(sys.stdin)
    import dagster
    from dagster._core.secrets.env_file import get_env_var_dict

    variables = {**os.environ, **get_env_var_dict(request["folder"])}
    limits = {kind for kind, _ in request["needs"]} - {"environment variable"}
    answer: dict[str, Any] = {"version": dagster.__version__, "unasked": None}
    there = {("environment variable", name) for name, value in variables.items() if value}
    asked = request["needs"]
    if limits:
        try:
            there |= limited()
        except Exception as error:
            answer["unasked"] = f"{type(error).__name__}: {error}".splitlines()[0].strip()
            asked = [need for need in asked if need[0] not in limits]
    answer["missing"] = [need for need in asked if tuple(need) not in there]
    common.write_answer(answer)


def limited() -> set[tuple[str, str]]:
    """The pools and the values of tags that the instance limits."""
    import dagster

    with dagster.DagsterInstance.get() as instance:
        pools = {
            ("pool limit", limit.name) for limit in instance.event_log_storage.get_pool_limits()
        }
        queue = instance.get_concurrency_config().run_queue_config
        runs = queue.tag_concurrency_limits if queue is not None else ()
        values = [limit.get("value") for limit in runs if limit["key"] == "max_active_runs"]
        if instance.run_monitoring_enabled:
            pools.add(("run monitoring", "enabled"))
        return pools | {("run limit", value) for value in values if isinstance(value, str)}


if __name__ == "__main__":
    main()
