"""Runs a flow that fails, starts it again, and then retries the first run, as the UI does.

``python wait_for_past.py PROBE FOLDER``. Prints what was seen.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

FILES = {name: f"flows/{name}_flow.py" for name in ("depends_on_past", "depends_on_past_by_rules")}


def main() -> None:
    probe, folder = sys.argv[1:]
    sys.path.insert(0, probe)
    import common

    # what records the task runs, which the server must know here
    common.IDLE_SERVICES.remove("TASK_RUN_RECORDER")
    with common.throw_away_home() as home, common.server(home, None):
        common.enter_project(folder, [])
        sys.path.insert(0, str(Path(folder, "flows")))
        flows = {
            name: common.flows_of(common.load_flow_file(file))[name] for name, file in FILES.items()
        }
        sys.stdout.write(json.dumps(seen(flows, home / "ready")) + "\n")


def seen(flows: dict[str, Any], ready: Path) -> dict[str, Any]:
    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow
    from prefect.states import Scheduled

    flow, by_rules = flows["depends_on_past"], flows["depends_on_past_by_rules"]
    with get_client(sync_client=True) as client:
        skipped = run(by_rules, "skip", client)
        recorded(client, skipped, 3)
        failed = run(by_rules, str(ready), client)
        first = run(flow, str(ready), client)
        recorded(client, first, 3)
        ready.touch()  # the second would succeed from here on
        done: list[str] = []
        thread = threading.Thread(target=lambda: done.append(run(flow, str(ready), client)))
        thread.start()
        time.sleep(8)
        waited = not done
        again = client.read_flow_run(first)
        client.set_flow_run_state(again.id, Scheduled(), force=True)
        run_flow(
            flow,
            flow_run=client.read_flow_run(first),
            parameters={"ready": str(ready)},
            return_type="state",
        )
        thread.join(180)
        return {
            "skipped": ends(client, skipped, 3),
            "failed": ends(client, failed, 3),
            "waited": waited,
            "second": ends(client, done[0], 3) if done else None,
        }


def run(flow: Any, ready: str, client: Any) -> str:
    state = flow(ready=ready, return_state=True)
    return str(state.state_details.flow_run_id)


def recorded(client: Any, flow_run: str, tasks: int) -> dict[str, str]:
    """The states of the tasks, as soon as the server knows so many."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    mine = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
    end = time.monotonic() + 60
    while True:
        found = {one.name: one.state for one in client.read_task_runs(flow_run_filter=mine)}
        known = len(found) >= tasks and all(
            state and (state.is_final() or state.name == "NotReady") for state in found.values()
        )
        if known or time.monotonic() > end:
            return {name: state.name for name, state in found.items() if state}
        time.sleep(0.2)


def ends(client: Any, flow_run: str, tasks: int) -> dict[str, str]:
    """The same by the names of the tasks, without the three characters that Prefect adds."""
    states = recorded(client, flow_run, tasks)
    return {
        name if name.endswith("]") else name.rpartition("-")[0]: state
        for name, state in states.items()
    }


if __name__ == "__main__":
    main()
