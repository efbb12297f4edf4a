"""Child processes that write to the task's log and that a timeout really ends."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

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


def _stream(
    command: Sequence[str],
    *,
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
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )
    last = ""

    def read() -> None:
        nonlocal last
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
