"""Shell scripts as the body of an op."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory

import dagster as dg


def run_shell(
    context: dg.OpExecutionContext,
    script: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    strict: bool = True,
) -> str:
    """Run a script with bash, its lines into the log; returns the last one.

    `env` is added to the environment of the process; without `cwd` the script runs in a
    new temporary folder. What interrupts it, such as a timeout, ends all its processes.
    """
    command = ["bash", *(["-eo", "pipefail"] if strict else []), "-c", script]
    with TemporaryDirectory() as folder:
        last, status = _run(context, command, env, folder if cwd is None else cwd)
    _check("the script", status)
    return last


def _run(
    context: dg.OpExecutionContext,
    command: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: str | None,
) -> tuple[str, int]:
    """The last line, and the exit code."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    last = ""
    try:
        for line in process.stdout:
            last = line.decode(errors="backslashreplace").rstrip()
            context.log.info(last)
        return last, process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        process.stdout.close()


def _check(what: str, status: int) -> None:
    if status < 0:
        raise dg.Failure(f"{what} was ended by {signal.Signals(-status).name}")
    if status > 0:
        raise dg.Failure(f"{what} ended with exit code {status}")
