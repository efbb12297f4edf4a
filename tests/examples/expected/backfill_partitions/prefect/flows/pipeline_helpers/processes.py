"""Child processes that write to the task's log and that a timeout really ends."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from prefect import get_run_logger


def run_shell(
    script: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    strict: bool = True,
    timeout: float | None = None,
) -> str:
    """Run a script with bash and return the last line that it prints.

    `env` is added to the environment of this process; without `cwd` the script runs in
    a temporary directory. `strict` ends it at the first command that fails.
    """
    options = ["-eo", "pipefail"] if strict else []
    with tempfile.TemporaryDirectory() as folder:
        code, last = _stream(
            ["bash", *options, "-c", script],
            env={**os.environ, **(env or {})},
            cwd=cwd or folder,
            timeout=timeout,
        )
    if code:
        raise RuntimeError(f"the script ended with exit code {code}")
    return last


# The same modules must be found there as here.
_BOOT = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
call = pickle.load(sys.stdin.buffer)
from pipeline_helpers.child import run
run(*call)
"""


def call_with_timeout(timeout: float, target: str, /, **kwargs: Any) -> Any:
    """Call `package.module:function` in a process of its own, which the timeout kills.

    Prefect's own timeout cannot interrupt a task that sleeps or waits in a thread.
    """
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder, "outcome")
        call = (str(outcome), target, kwargs)
        code, _ = _stream(
            [sys.executable, "-u", "-c", _BOOT],
            # not by a file: the arguments may be secret
            request=pickle.dumps(sys.path) + pickle.dumps(call),
            env=os.environ,
            cwd=None,
            timeout=timeout,
        )
        if not outcome.exists():
            raise RuntimeError(f"{target}: its process ended with exit code {code}")
        answer = pickle.loads(outcome.read_bytes())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def _stream(
    command: Sequence[str],
    *,
    request: bytes = b"",
    env: Mapping[str, str],
    cwd: str | None,
    timeout: float | None,
) -> tuple[int, str]:
    """Log what the command prints, line by line; return its exit code and last line.

    What it has started and left running is killed with it. Prefect shows the built-in
    `TimeoutError` as the state TimedOut.
    """
    logger = get_run_logger()
    deadline = None if timeout is None else time.monotonic() + timeout
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )
    last = ""

    def read() -> None:
        nonlocal last
        if process.stdin:
            with suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(request)
        for line in process.stdout or ():
            last = line.decode(errors="backslashreplace").rstrip()
            logger.info("%s", last)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        reader.join(timeout)
        if reader.is_alive():
            raise TimeoutError(f"still running after {timeout} s")
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        return process.wait(left), last
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"still running after {timeout} s") from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
