"""Run generated DAGs in the real Airflow: `python run.py ANSWER < REQUEST`.

Request: {"dags_folder", "python_path": [folders], "home", "cache": folder or null,
"options": {"short_waits"}, "stores": {environment variable: value},
"register": [files whose DAGs must be known too, such as the targets of triggers],
"runs": [{"key", "file", "dag_id", "params", "logical_date", "timeout",
"answers": {task: {"approved", "who"}}}]}.
Answer: {"version", "options",
"runs": [{"key", "run", "run_id", "error", "notes", "seconds", "tasks"}]}; see worker.py.

This process only supervises. A worker does the runs, one after another with `DAG.test()`. When a
run takes too long, or a task ends the whole process (`os._exit`, out of memory), the worker is
ended, that run has failed, and another worker reads from the database what the run had reached and
goes on with the next one. In a real Airflow each task has a process of its own, so only that task
would have failed, and been retried; `DAG.test()` cannot show what would have come after it.
The answer is written after every run.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import common

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
RUN_SECONDS = 120.0
START_SECONDS = 300.0
"""Importing Airflow takes 3 to 10 s on a busy machine, migrating a new database 5 to 20 s."""


class WorkerError(Exception):
    """The worker is gone, of itself or because it had no time left; says why."""


def main() -> None:
    # The caller ends a probe with SIGTERM: leave through the `finally`s that end tasks' processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    request = json.load(sys.stdin)
    answer: dict[str, Any] = {
        "version": common.VERSION,
        "options": {"short_waits": False, **(request.get("options") or {})},
        "runs": [],
    }
    with common.home_folder(request) as home:
        for run in all_runs(request, home):
            answer["runs"].append(run)
            common.write_answer(sys.argv[1], answer)
    common.write_answer(sys.argv[1], answer)


def all_runs(request: dict[str, Any], home: str) -> Iterator[dict[str, Any]]:
    """What each run came to, in the order of the request."""
    runs = request["runs"]
    position = 0
    broken: dict[str, Any] | None = None
    while position < len(runs) or broken:
        begun: dict[str, Any] | None = None
        started = time.monotonic()
        job = {"request": request, "home": home, "from": position, "broken": broken}
        try:
            for event in events(job, runs):
                if "collected" in event:
                    yield event["collected"]
                    broken = None
                elif "begun" in event:
                    begun, started = event, time.monotonic()
                else:
                    yield event["ended"]
                    begun, position = None, position + 1
        except WorkerError as end:
            if broken:
                yield failed(broken["run"], broken["error"], broken["seconds"])
                broken = None
            elif begun is None and position < len(runs):
                # No run's fault: Airflow does not start here, or the database is beyond use.
                for run in runs[position:]:
                    yield failed(run, f"the worker does not start: {end}", 0.0)
                return
            if begun is not None:
                seconds = time.monotonic() - started
                broken = {**begun, "run": runs[position], "error": str(end), "seconds": seconds}
                position += 1


def failed(run: dict[str, Any], error: str, seconds: float) -> dict[str, Any]:
    return {
        "key": run["key"],
        "run": "failed",
        "run_id": None,
        "error": error,
        "notes": [],
        "seconds": round(seconds, 3),
        "tasks": [],
    }


def events(job: dict[str, Any], runs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What one worker reports until it is done. Raises WorkerError when it does not get there."""
    reader, writer = os.pipe()
    worker = subprocess.Popen(
        [sys.executable, WORKER, str(writer)], stdin=subprocess.PIPE, pass_fds=[writer]
    )
    os.close(writer)
    try:
        assert worker.stdin is not None
        with contextlib.suppress(BrokenPipeError), worker.stdin:
            worker.stdin.write(json.dumps(job).encode())
        position, limit = job["from"], START_SECONDS
        buffer = b""
        deadline = time.monotonic() + limit
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WorkerError(f"not done after {limit:g} s")
            if not select.select([reader], [], [], min(left, 1.0))[0]:
                if worker.poll() is not None:
                    # Gone, though something that a task forked keeps the channel open.
                    break
                continue
            received = os.read(reader, 1 << 16)
            if not received:
                break
            *lines, buffer = (buffer + received).split(b"\n")
            for line in lines:
                event = json.loads(line)
                limit = START_SECONDS
                if "begun" in event:
                    limit = float(runs[position].get("timeout") or RUN_SECONDS)
                elif "ended" in event:
                    position += 1
                deadline = time.monotonic() + limit
                yield event
        status = worker.wait()
        # Whatever the status: a task may call `os._exit(0)`.
        if position < len(runs):
            raise WorkerError(f"the process ended {describe_status(status)}")
    finally:
        os.close(reader)
        end_tree(worker)


def describe_status(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with exit status {status}"


def end_tree(worker: subprocess.Popen[bytes]) -> None:
    """End the worker and what its tasks started; a shell task leads a session of its own."""
    family = descendants(worker.pid) if worker.poll() is None else []
    with contextlib.suppress(ProcessLookupError):
        worker.kill()
    for process in family:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)
    worker.wait()


def descendants(root: int) -> list[int]:
    """Ids of all processes below `root`; none where there is no /proc, and there they may stay."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", "rb") as file:
            # The name, in parentheses, may hold anything; state and parent stand after it.
            parent = int(file.read().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


if __name__ == "__main__":
    main()
