"""Runs of a Prefect deployment for partitions: `python backfill.py ANSWER < REQUEST`.

Request: {"deployment": "flow/deployment", "pipeline", "parameters", "max_active": null or how many
at once, "runs": [{"partition", "time": ISO time or null, "key": idempotency key}]}.
Answer: {"version", "unasked": null or why it could not be done, "runs": [{"partition", "state"}]}.
It is the server of the user's own settings. A partition of which a run is there, by its parameter
or by its time, is left out, unless the last one failed.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from typing import Any

import common

POLL = 5
PAGE = 200


def main() -> None:
    request = common.read_request()
    # never a server that was started for this question, and is gone afterwards
    os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"
    answer: dict[str, Any] = {"version": common.version(), "unasked": None, "runs": []}
    try:
        make(request, answer["runs"])
    except Exception as error:
        answer["unasked"] = common.one_line(error)
    common.write_answer(sys.argv[1], answer)


def make(request: dict[str, Any], done: list[dict[str, str]]) -> None:
    from prefect.client.orchestration import get_client
    from prefect.deployments import run_deployment

    with get_client(sync_client=True) as client:
        client.hello().raise_for_status()
        deployment = client.read_deployment_by_name(request["deployment"]).id
        there = runs_of(client, deployment)
        started: list[Any] = []
        for run in request["runs"]:
            found = [one for one in there if works_on(one, run)]
            last = max(found, key=lambda one: one.created, default=None)
            state = last.state if last is not None else None
            if last is not None and not (state and has_ended_badly(state)):
                done.append({"partition": run["partition"], "state": said(state)})
                continue
            wait_for_room(client, started, request["max_active"])
            again = f" again {len(found)}" if found else ""
            given = {**request["parameters"], "partition": run["partition"]}
            made = run_deployment(
                request["deployment"],
                parameters=given,
                scheduled_time=dt.datetime.fromisoformat(run["time"]) if run["time"] else None,
                idempotency_key=f"{run['key']}{again}",
                flow_run_name=f"{request['pipeline']} {run['partition']}",
                tags=["backfill"],
                timeout=0,
                as_subflow=False,
            )
            started.append(made.id)
            done.append({"partition": run["partition"], "state": "again" if found else "made"})


def runs_of(client: Any, deployment: Any) -> list[Any]:
    """All runs of a deployment."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    found: list[Any] = []
    while True:
        page = client.read_flow_runs(deployment_filter=of_it, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found


def works_on(there: Any, run: dict[str, Any]) -> bool:
    """Whether a run is one for the partition: it names it, or has the time and names none."""
    named = there.parameters.get("partition")
    if named is not None or run["time"] is None:
        return bool(named == run["partition"])
    return bool(there.expected_start_time == dt.datetime.fromisoformat(run["time"]))


def has_ended_badly(state: Any) -> bool:
    return bool(state.is_failed() or state.is_crashed() or state.is_cancelled())


def said(state: Any) -> str:
    return state.name.lower() if state is not None else "pending"


def wait_for_room(client: Any, started: list[Any], limit: int | None) -> None:
    while limit is not None:
        states = {id: client.read_flow_run(id).state for id in started}
        started[:] = [id for id, state in states.items() if not (state and state.is_final())]
        if len(started) < limit:
            return
        time.sleep(POLL)


if __name__ == "__main__":
    main()
