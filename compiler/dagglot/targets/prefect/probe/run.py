"""Runs generated flows on the real Prefect and says what became of each task.

``python run.py ANSWER`` reads one request from standard input::

    {"root": "/abs/out/prefect", "python_path": ["/abs/src"], "cache": null,
     "serve": [{"file": "flows/y_flow.py", "flow": "y"}],
     "pools": ["warehouse"], or with their slots {"warehouse": 2},
     "blocks": [{"slug": "secret", "name": "token", "value": "…"}],
     "options": {"short_waits": false, "heartbeat": true},
     "runs": [{"key": "any", "file": "flows/x_flow.py", "flow": "x", "params": {},
               "scheduled_time": null, "timeout": 120,
               "answers": {"task": {"approved": true, "who": "ana"}}}]}

and writes ``{"version", "options", "runs": [{"key", "run", "state", "error", "seconds",
"tasks"}]}``. A run's ``timeout`` is in seconds. Of a run that was cut short, tasks that had
begun are ``crashed`` and tasks that had not are ``not_run``.

This process only supervises: it starts the server and a worker (`worker.py`), which runs the flows
one after another and streams what it sees. A run that hangs or kills its process costs that worker,
never an answer: its tasks are reported as far as they got; a new worker takes the remaining runs.

Options change what a user would see, so they are echoed: ``short_waits`` sets every retry delay
to 0, ``heartbeat: false`` sets Prefect's flows.heartbeat_frequency to None (saves 1 s per run).
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import common

WORKER_START_SECONDS = 120  # importing Prefect on a busy machine
DEFAULT_TIMEOUT_SECONDS = 120
KILLED = "the run was killed after {} s"

# Prefect's state of a task run, when it is over, and when its process died before that
FINISHED = {
    "COMPLETED": "success",
    "FAILED": "failed",
    "CRASHED": "crashed",
    "CANCELLED": "cancelled",
}
UNFINISHED = {"PENDING": "not_run", "SCHEDULED": "crashed", "RUNNING": "crashed"}
# a task that was made while its flow ran carries no hook of ours
UNOBSERVED = {"value": None, "error": "the return value was not seen"}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped
    request = common.read_request()
    options = {"short_waits": False, "heartbeat": True} | request.get("options", {})
    request["options"] = options
    common.adopt_orphans()
    with (
        common.throw_away_home() as home,
        common.server(home, request.get("cache")) as server,
        served(request, home) as keep,
    ):
        runs: list[dict[str, Any]] = []
        while len(runs) < len(request["runs"]):
            remaining = {**request, "runs": request["runs"][len(runs) :]}
            runs += run_in_worker(remaining, home, {server, *keep})
    common.write_answer(
        sys.argv[1], {"version": common.version(), "options": options, "runs": runs}
    )


@contextlib.contextmanager
def served(request: dict[str, Any], home: Path) -> Iterator[list[int]]:
    """A process that runs the flows that other flows start, where there are any; its id.

    It asks for runs each second: Prefect's default is ten.
    """
    if not request.get("serve"):
        yield []
        return
    plan = home / "serve.json"
    plan.write_text(json.dumps({**request, "blocks": []}))
    ours, theirs = os.pipe()
    script = str(Path(__file__).with_name("serve.py"))
    process = subprocess.Popen(
        [sys.executable, script, str(plan), str(theirs)],
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs],
        env={**os.environ, "PREFECT_RUNNER_POLL_FREQUENCY": "1"},
    )
    os.close(theirs)
    try:
        if not select.select([ours], [], [], WORKER_START_SECONDS)[0] or not os.read(ours, 16):
            raise RuntimeError("the flows that other flows start could not be served")
        yield [process.pid]
    finally:
        os.close(ours)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        common.kill_descendants(())


def run_in_worker(
    request: dict[str, Any], home: Path, keep: Collection[int]
) -> list[dict[str, Any]]:
    """Runs as many of the request's runs as one worker survives; at least one."""
    plan = home / "plan.json"
    plan.write_text(json.dumps({**request, "blocks": []}))
    ours, theirs = os.pipe()
    script = str(Path(__file__).with_name("worker.py"))
    worker = subprocess.Popen(
        [sys.executable, script, str(plan), str(theirs)],
        stdin=subprocess.PIPE,
        pass_fds=[theirs],
        start_new_session=True,
    )
    os.close(theirs)
    assert worker.stdin
    with worker.stdin as pipe:  # never a file: they are secrets
        pipe.write(json.dumps(request.get("blocks") or []).encode())
    answers: list[dict[str, Any]] = []
    sights = Sights()
    messages = Messages(ours, worker)
    limit, started = WORKER_START_SECONDS, time.monotonic()
    try:
        while len(answers) < len(request["runs"]):
            run = request["runs"][len(answers)]
            message = messages.next(started + limit)
            match message:
                case {"kind": "start"}:
                    sights = Sights()
                    limit = run.get("timeout") or DEFAULT_TIMEOUT_SECONDS
                    started = time.monotonic()
                case {"kind": "end"}:
                    answers.append(sights.answer(run["key"], message, started))
                    limit, started = WORKER_START_SECONDS, time.monotonic()
                case {"kind": "dead", "why": why}:
                    why = why or KILLED.format(limit)
                    lost = {"state": None, "type": None, "error": why}
                    answers.append(sights.answer(run["key"], lost, started))
                    break
                case _:
                    sights.add(message)
    finally:
        common.kill_descendants(keep)
        worker.wait()
        os.close(ours)
    return answers


class Messages:
    """The lines that a worker writes, until it dies or the time is over."""

    def __init__(self, source: int, worker: subprocess.Popen[bytes]) -> None:
        self.source, self.worker, self.pending = source, worker, b""

    def next(self, deadline: float) -> dict[str, Any]:
        """The next message; ``{"kind": "dead", "why"}`` when none will come.

        ``why`` is None when the deadline (of `time.monotonic`) has passed.
        """
        while b"\n" not in self.pending:
            # asked before the read: what a dead worker wrote last is still in the pipe
            exit_code = self.worker.poll()
            if select.select([self.source], [], [], 0.0 if exit_code is not None else 0.1)[0]:
                self.pending += (data := os.read(self.source, 1 << 20))
                if data:
                    continue
            if exit_code is not None:
                return {"kind": "dead", "why": f"the process died: {_exit_text(exit_code)}"}
            if time.monotonic() > deadline:
                return {"kind": "dead", "why": None}
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)


def _exit_text(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Sights:
    """What was seen of one run, and the answer that follows from it."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}  # task key -> names of the Task objects that have it
        self.events: list[dict[str, Any]] = []
        self.hooked: dict[str, dict[str, Any]] = {}  # the last state that a hook saw
        self.started: set[str] = set()
        self.completed: dict[str, dict[str, Any]] = {}

    def add(self, message: dict[str, Any]) -> None:
        match message:
            case {"kind": "tasks", "tasks": tasks}:
                for key, name in tasks:
                    self.names.setdefault(key, []).append(name)
            case {"kind": "event", "event": event}:
                self.events.append(event)
            case {"kind": "running", "task_run": task_run, "event": event}:
                self.started.add(task_run)
                self.hooked[task_run] = event
            case {"kind": "completed", "task_run": task_run, "event": event}:
                self.completed[task_run] = message
                self.hooked[task_run] = event

    def answer(self, key: Any, end: dict[str, Any], started: float) -> dict[str, Any]:
        return {
            "key": key,
            "run": "success" if end["type"] == "COMPLETED" else "failed",
            "state": end["state"],
            "error": end["error"],
            "seconds": round(time.monotonic() - started, 3),
            "tasks": self.tasks(),
        }

    def tasks(self) -> list[dict[str, Any]]:
        histories: dict[str, list[dict[str, Any]]] = {}
        for event in sorted(self.events, key=lambda event: event["occurred"]):
            histories.setdefault(event["task_run"], []).append(event)
        # a process that died took its last events along
        for run, event in self.hooked.items():
            history = histories.setdefault(run, [])
            if not history or history[-1]["occurred"] < event["occurred"]:
                inputs = history[-1]["inputs"] if history else event["inputs"]
                history.append({**event, "inputs": inputs})
        # ids of task runs are UUIDv7: their order is the order of submission
        runs = {run: histories[run] for run in sorted(histories)}
        ids = {run: self.identify(history[-1]) for run, history in runs.items()}
        by_task: dict[str, list[str]] = {}
        for run, (task, _) in ids.items():
            by_task.setdefault(task, []).append(run)
        tasks = []
        for run, history in runs.items():
            task, index = ids[run]
            siblings = by_task[task]
            if index is None and len(siblings) > 1:
                index = siblings.index(run)
            names = {other: name for other, (name, _) in ids.items()}
            tasks.append(self.task(task, index, history, names))
        return sorted(
            tasks, key=lambda task: (task["id"], -1 if task["index"] is None else task["index"])
        )

    def identify(self, event: dict[str, Any]) -> tuple[str, int | None]:
        """The task's name, and its index where the run is named ``task[3]``.

        Prefect's event holds only the run's name, ``task-1f3`` by default, and the key of the
        function.
        """
        name, index = event["name"], None
        if numbered := re.fullmatch(r"(.*)\[(\d+)\]", name, re.DOTALL):
            name, index = numbered[1], int(numbered[2])
        known = set(self.names.get(event["task_key"], ()))
        plain = re.sub(r"-[0-9a-z]{3}$", "", name)
        for candidate in (plain, name):
            if candidate in known:
                return candidate, index
        return (known.pop() if len(known) == 1 else plain), index

    def task(
        self, task: str, index: int | None, history: list[dict[str, Any]], names: dict[str, str]
    ) -> dict[str, Any]:
        last = history[-1]
        upstream = [
            run for name, runs in last["inputs"].items() if name != "__parents__" for run in runs
        ]
        parents = [names[run] for run in last["inputs"].get("__parents__", ()) if run in names]
        completed = self.completed.get(last["task_run"], UNOBSERVED)
        # events lag a little behind the hooks, which matters when the process was killed
        state = neutral_state({**last, **completed} if "type" in completed else last)
        if state == "not_run" and last["task_run"] in self.started:
            state = "crashed"
        return {
            "id": task,
            "index": index,
            "state": state,
            "attempts": 0 if was_not_run(last) else last["run_count"],
            "output": completed["value"] if state == "success" else None,
            "output_error": completed["error"] if state == "success" else None,
            "message": last["message"],
            "upstream": sorted({names[run] for run in upstream if run in names}),
            "parent": parents[0] if parents else None,
            "started": last["started"],
            "ended": last["ended"],
            "waits": waits(history),
        }


def neutral_state(event: dict[str, Any]) -> str:
    match event:
        case {"state": "Skipped"}:
            return "skipped"
        case {"state": "NotReady"}:
            return "upstream_failed"
        case {"type": kind}:
            return FINISHED.get(kind) or UNFINISHED.get(kind, kind.lower())
    raise AssertionError(event)


def was_not_run(event: dict[str, Any]) -> bool:
    """Whether the helpers ended the task before its own function: Prefect counts a run for it."""
    return event["state"] in ("Skipped", "Failed") and str(event["message"]).startswith("not run: ")


def waits(history: list[dict[str, Any]]) -> list[float]:
    """Seconds from the end of an attempt to the start of the next, one per retry.

    With a delay Prefect goes Running, AwaitingRetry, Retrying; without one, Running, Retrying.
    """
    seconds = []
    for before, event in itertools.pairwise(history):
        if event["state"] == "Retrying":
            ended = before if before["state"] == "AwaitingRetry" else event
            gap = datetime.fromisoformat(event["occurred"]) - datetime.fromisoformat(
                ended["occurred"]
            )
            seconds.append(round(gap.total_seconds(), 3))
    return seconds


if __name__ == "__main__":
    main()
