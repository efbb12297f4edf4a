"""Run generated jobs in the real Dagster: `python run.py ANSWER < REQUEST`.

Request: {"root", "python_path": [folders],
"environment": {name: text}, "home": folder to keep, "pools": {name: slots},
"options": {"in_process", "console": whether a run in process prints its log as well,
"short_waits", "start_method": "forkserver" or "spawn"},
"runs": [{"key", "job", "params", "run_config": whole or null, "tags", "timeout": seconds}]}.
Answer: {"version", "options", "runs": [{"key", "run", "run_id", "error", "seconds", "tasks"}]}; see
worker.py.

This process only supervises. A worker does the runs, one after another, each on the job's own
executor. When a run takes too long, or an op ends the process that it shares with the run
(`os._exit` under the in-process executor), the worker's processes are ended, that run has failed,
and another worker reads from the instance's storage what it had reached and goes on with the next
one. The answer is written after every run.
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
import uuid
from typing import Any

import common
import webserver

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
RUN_SECONDS = 120.0
START_SECONDS = 120.0
"""Importing Dagster takes 1 to 5 s on a busy machine."""


class WorkerEnded(Exception):  # noqa: N818 - what happened, not whose fault
    """The worker is gone, of itself or because it had no time left; says why."""


class Worker:
    """One worker process in a group of its own; JSON lines in by stdin, out by a separate pipe."""

    def __init__(self, request: dict[str, Any]) -> None:
        answers, channel = os.pipe()
        self.answers = answers
        self.buffer = b""
        paths = request.get("python_path", [])
        self.process = subprocess.Popen(
            [sys.executable, WORKER, str(channel)],
            stdin=subprocess.PIPE,
            pass_fds=[channel],
            process_group=0,
            # Each op may have a process of its own, which finds the user's modules by this.
            env={
                **os.environ,
                **request.get("environment", {}),
                "DAGSTER_WEBSERVER_URL": request["webserver"],
                "PYTHONPATH": os.pathsep.join(paths),
            },
        )
        os.close(channel)
        setup = {key: request.get(key) for key in ("root", "options", "pools")}
        try:
            begun = self.ask(setup, START_SECONDS)
            self.version, self.jobs = begun["version"], begun["jobs"]
        except BaseException:
            self.close()
            raise

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The worker's answer; WorkerEnded when there is none."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise WorkerEnded(f"still running after {seconds:g} s")
            read = os.read(self.answers, 1 << 16)
            if not read:
                raise WorkerEnded(_ending(self.process.wait()))
            self.buffer += read
        line, _, self.buffer = self.buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.answers)


def main() -> None:
    # The caller ends a probe with SIGTERM: leave by way of the `finally`s, which end the worker.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    request = json.load(sys.stdin)
    request["options"] = {
        "in_process": False,
        "console": False,
        "short_waits": False,
        "start_method": "forkserver",
        **(request.get("options") or {}),
    }
    answer: dict[str, Any] = {"version": None, "options": request["options"], "runs": []}
    worker: Worker | None = None
    with common.home_folder(request.get("home"), one_log=request["options"]["in_process"]):
        server = webserver.Webserver(lambda run: _done_apart(request, run))
        request["webserver"] = server.address
        try:
            for run in request["runs"]:
                if worker is None:
                    worker = Worker(request)
                    answer["version"], server.jobs = worker.version, worker.jobs
                run = {"run_id": str(uuid.uuid4()), **run}
                try:
                    done = worker.ask({"execute": run}, run.get("timeout") or RUN_SECONDS)
                except WorkerEnded as ended:
                    worker.close()
                    worker = Worker(request)
                    done = worker.ask({"read": run}, START_SECONDS)
                    done["error"] = str(ended)
                answer["runs"].append(done)
                common.write_answer(answer)
        except WorkerEnded as ended:
            sys.exit(f"the worker that loads {request['root']} {ended}")
        finally:
            server.close()
            if worker is not None:
                worker.close()
    common.write_answer(answer)


def _done_apart(request: dict[str, Any], run: dict[str, Any]) -> bool:
    """A run that another one started, by a worker of its own; whether it succeeded."""
    worker = Worker(request)
    try:
        return bool(worker.ask({"execute": run}, RUN_SECONDS)["run"] == "success")
    except WorkerEnded:
        return False
    finally:
        worker.close()


def _ending(status: int) -> str:
    if status >= 0:
        return f"the process ended with exit code {status}"
    return f"the process was ended by {signal.Signals(-status).name}"


if __name__ == "__main__":
    main()
