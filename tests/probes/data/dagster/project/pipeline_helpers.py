from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

from dagster import configured, multi_or_in_process_executor


class _Expired(BaseException):
    """Not an Exception, so that `except Exception` in a body cannot swallow it."""


class TaskTimeoutError(Exception):
    """An attempt that took too long; retried like any failure."""


class TaskExitError(Exception):
    """A body that called sys.exit; Dagster would fail it without a retry."""


@contextlib.contextmanager
def attempt(timeout: float | None = None) -> Iterator[None]:
    def expire(*_: object) -> None:
        raise _Expired

    before = signal.signal(signal.SIGALRM, expire)
    # Again each second, for a body that swallows everything.
    signal.setitimer(signal.ITIMER_REAL, timeout or 0, 1)
    try:
        yield
    except _Expired:
        raise TaskTimeoutError(f"timed out after {timeout:g} s") from None
    except SystemExit as exit:
        raise TaskExitError(f"exited with {exit.code}") from exit
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run_shell(context: Any, script: str) -> str:
    process = subprocess.Popen(
        ["bash", "-eo", "pipefail", "-c", script],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    last = ""
    try:
        for line in process.stdout:
            last = line.rstrip()
            context.log.info(last)
        status = process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if status:
        raise RuntimeError(f"the command ended with {status}")
    return last


@configured(multi_or_in_process_executor, config_schema=multi_or_in_process_executor.config_schema)
def start_on_outcome(config: dict[str, Any]) -> dict[str, Any]:
    """Start a step as soon as its inputs exist, although the step that made them failed."""
    return {
        kind: {**options, "step_dependency_config": {"require_upstream_step_success": False}}
        for kind, options in config.items()
    }
