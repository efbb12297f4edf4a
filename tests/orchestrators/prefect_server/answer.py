"""Runs a flow, and answers what it asks as a user does who resumes it in the UI.

``python answer.py PROBE FOLDER FILE FLOW ANSWERS``: the answers are a JSON list, of which each
question gets the next; null lets it go unanswered. Prints the state of each task.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> None:
    probe, folder, file, name, answers = sys.argv[1:]
    sys.path.insert(0, probe)
    import common
    from worker import all_tasks

    with common.throw_away_home() as home, common.server(home, None):
        common.enter_project(folder, [])
        sys.path.insert(0, str(Path(folder, "flows")))
        flow = common.flows_of(common.load_flow_file(file))[name]
        states: dict[str, Any] = {}

        def tell(task: Any, run: Any, state: Any) -> None:
            output = state.result(raise_on_failure=False) if state.is_completed() else None
            states[task.name] = {"state": state.name, "output": output}

        for task in all_tasks():
            task.on_completion(tell)
            task.on_failure(tell)
        threading.Thread(target=answer, args=(json.loads(answers),), daemon=True).start()
        state = flow(return_state=True)
        sys.stdout.write(json.dumps({"run": state.name, "tasks": states}) + "\n")


def answer(answers: list[Any]) -> None:
    from prefect.client.orchestration import get_client

    seen = set()
    while answers:
        time.sleep(0.5)
        with get_client(sync_client=True) as client:
            for run in client.read_flow_runs():
                if run.state is None or not run.state.is_paused():
                    continue
                key = run.state.state_details.pause_key
                if key not in seen:
                    seen.add(key)
                    said = answers.pop(0)
                    if said is not None:
                        client.resume_flow_run(run.id, run_input=said)


if __name__ == "__main__":
    main()
