"""The process in which `run.py` has flows run: ``python worker.py PLAN PIPE``.

It streams what it sees to the pipe, one JSON object a line. Task runs of Prefect 3 are events;
they are recorded on this side (`AssertingEventsClient`, Prefect's own test client), so that
nothing lags. Return values come from an ``on_completion`` hook on each task, and an
``on_running`` hook tells of a start at once, before a body can kill the process. Neither
changes what a run does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any

import common
from answers import answered, asked

SHIP_SECONDS = 0.02
POOL_SLOTS = 128


def main() -> None:
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    pipe = Pipe(int(sys.argv[2]))
    common.enter_project(plan["root"], plan["python_path"])
    save_blocks(json.load(sys.stdin))
    make_limits(plan.get("pools") or [])
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    recorder = Recorder(pipe)
    quiet = {} if plan["options"]["heartbeat"] else {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(quiet):
        for run in plan["runs"]:
            recorder.forget()
            pipe.send({"kind": "start"})
            with answered(run.get("answers") or {}):
                outcome = run_one(run, plan["options"], pipe)
            recorder.finish()
            pipe.send({"kind": "end", **outcome})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a thread that user code left behind must not keep the answer waiting


def save_blocks(blocks: list[dict[str, str]]) -> None:
    """Secrets and connections, as whoever sets a server up would save them."""
    if not blocks:
        return
    from prefect.blocks.system import Secret

    for block in blocks:
        if block["slug"] == "secret":
            Secret(value=block["value"]).save(block["name"], overwrite=True)
        else:
            from prefect_sqlalchemy import SqlAlchemyConnector

            SqlAlchemyConnector(connection_info=block["value"]).save(block["name"], overwrite=True)


def make_limits(pools: list[str] | dict[str, int]) -> None:
    """A pool that nobody has sized has room for all."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

    if not pools:
        return
    with get_client(sync_client=True) as client:
        there = {limit.name for limit in client.read_global_concurrency_limits()}
        for name in sorted({*pools} - there):
            slots = pools[name] if isinstance(pools, dict) else POOL_SLOTS
            limit = GlobalConcurrencyLimitCreate(name=name, limit=slots)
            client.create_global_concurrency_limit(limit)


class Pipe:
    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.lock = descriptor, threading.Lock()
        os.set_inheritable(descriptor, False)

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, default=str).encode() + b"\n"
        with self.lock:
            while data:
                data = data[os.write(self.descriptor, data) :]


class Recorder:
    """Ships task-run events while a run goes on, so that they outlive this process."""

    def __init__(self, pipe: Pipe) -> None:
        from prefect.events.clients import AssertingEventsClient
        from prefect.events.worker import EventsWorker

        EventsWorker.set_client_override(AssertingEventsClient)
        self.client, self.worker, self.pipe = AssertingEventsClient, EventsWorker, pipe
        self.lock, self.shipped = threading.Lock(), 0
        threading.Thread(target=self._keep_shipping, daemon=True).start()

    def _keep_shipping(self) -> None:
        while True:
            time.sleep(SHIP_SECONDS)
            self.ship()

    def ship(self) -> None:
        # sent under the lock: what belongs to one run must not arrive after its end
        with self.lock:
            events = [
                event for client in self.client.all for event in getattr(client, "events", ())
            ]
            fresh, self.shipped = events[self.shipped :], len(events)
            for event in fresh:
                if event.event.startswith("prefect.task-run."):
                    self.pipe.send({"kind": "event", "event": compact(event)})

    def finish(self) -> None:
        import asyncio
        import inspect

        drained = self.worker.drain_all()
        if inspect.isawaitable(drained):
            asyncio.run(_wait_for(drained))
        self.ship()

    def forget(self) -> None:
        with self.lock:
            self.client.reset()
            self.shipped = 0


async def _wait_for(awaitable: Any) -> Any:
    return await awaitable


def compact(event: Any) -> dict[str, Any]:
    run, state = event.payload["task_run"], event.payload["validated_state"]
    return {
        "task_run": event.resource.id.rsplit(".", 1)[1],
        "occurred": event.occurred.isoformat(),
        "name": run["name"],
        "task_key": run["task_key"],
        "run_count": run.get("run_count", 0),
        "started": run.get("start_time"),
        "ended": run.get("end_time"),
        "type": state["type"],
        "state": state["name"],
        "message": state.get("message"),
        "inputs": {
            name: [str(source["id"]) for source in sources if source.get("id")]
            for name, sources in run.get("task_inputs", {}).items()
            if sources
        },
    }


def run_one(run: dict[str, Any], options: dict[str, Any], pipe: Pipe) -> dict[str, Any]:
    """The last state of the flow run; refused params and a file that does not load are errors."""
    flow_run = None
    try:
        flows = common.flows_of(common.load_flow_file(run["file"]))
        flow = next((flow for flow in flows.values() if flow.name == run["flow"]), None)
        if flow is None:
            raise LookupError(f"no flow {run['flow']!r} in {run['file']}")
        tasks = all_tasks()
        pipe.send({"kind": "tasks", "tasks": [(task.task_key, task.name) for task in tasks]})
        observe(tasks, pipe)
        if options["short_waits"]:
            for delayed in [flow, *tasks]:
                delayed.retry_delay_seconds = 0
        flow_run = create_run(flow, run.get("params") or {}, run.get("scheduled_time"))
        state, error = execute(flow, flow_run), None
    except BaseException as raised:
        state, error = (read_state(flow_run.id) if flow_run else None), common.one_line(raised)
    if state is None:
        return {"state": None, "type": None, "error": error}
    completed = state.type.value == "COMPLETED"
    error = error or (None if completed else state.message)
    return {"state": state.name, "type": state.type.value, "error": error}


def all_tasks() -> list[Any]:
    """Every Task object of the process: those of helper modules count too."""
    from prefect import Task

    return [found for found in gc.get_objects() if issubclass(type(found), Task)]


def observe(tasks: list[Any], pipe: Pipe) -> None:
    def report_start(task: Any, task_run: Any, state: Any) -> None:
        # the event of this state may never arrive where a body kills the process
        seen = snapshot(task, task_run, state)
        pipe.send({"kind": "running", "task_run": str(task_run.id), "event": seen})
        asked[str(task_run.id)] = task.name

    def report_output(task: Any, task_run: Any, state: Any) -> None:
        try:
            value, error = common.as_json(state.result(raise_on_failure=False)), None
        except Exception as refused:
            value, error = None, common.one_line(refused)
        seen = {"state": state.name, "type": state.type.value, "value": value, "error": error}
        event = snapshot(task, task_run, state)
        pipe.send({"kind": "completed", "task_run": str(task_run.id), **seen, "event": event})

    for task in tasks:
        if not any(hook.__name__ == "report_output" for hook in task.on_completion_hooks):
            task.on_running(report_start)
            task.on_completion(report_output)


def snapshot(task: Any, task_run: Any, state: Any) -> dict[str, Any]:
    """What `compact` makes of the event of this state, without the task's inputs."""
    return {
        "task_run": str(task_run.id),
        "occurred": state.timestamp.isoformat(),
        "name": task_run.name,
        "task_key": task.task_key,
        "run_count": task_run.run_count,
        "started": task_run.start_time and task_run.start_time.isoformat(),
        "ended": task_run.end_time and task_run.end_time.isoformat(),
        "type": state.type.value,
        "state": state.name,
        "message": state.message,
        "inputs": {},
    }


def create_run(flow: Any, params: dict[str, Any], scheduled_time: str | None) -> Any:
    """A flow run in the API, as a deployment makes it: only so can it have a scheduled time."""
    from prefect.client.orchestration import get_client
    from prefect.states import Pending, Scheduled

    time = datetime.fromisoformat(scheduled_time) if scheduled_time else None
    begin = Scheduled(scheduled_time=time) if time else Pending()
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(flow, parameters=params, state=begin)
        if time and time > datetime.now(UTC):
            # the server would have the run wait until then; forced, it forgets the wait alone
            client.set_flow_run_state(run.id, Pending(), force=True)
            run = client.read_flow_run(run.id)
    return run


def execute(flow: Any, flow_run: Any) -> Any:
    import asyncio
    import inspect

    from prefect import flow_engine

    state = flow_engine.run_flow(flow, flow_run=flow_run, return_type="state")
    return asyncio.run(_wait_for(state)) if inspect.isawaitable(state) else state


def read_state(flow_run_id: Any) -> Any:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return client.read_flow_run(flow_run_id).state


if __name__ == "__main__":
    main()
