"""Running a probe: a script in an orchestrator's own environment, one JSON object in, one out."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dagglot.runtimes.problem import ProbeFailed

# Without bytecode each process of an orchestrator compiles some hundred modules anew, in seconds.
_DROPPED: Final = re.compile(
    r"PYTHON(PATH|HOME|DONTWRITEBYTECODE)|VIRTUAL_ENV|(AIRFLOW|PREFECT|DAGSTER)_.*"
)
_SETTING: Final = re.compile(r"(AIRFLOW|PREFECT|DAGSTER)_.*")
_QUIET: Final = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}
_TAIL_BYTES: Final = 8000
_GRACE: Final = 3.0
"""Seconds between asking a probe's processes to end and ending them."""


def run(
    python: Path,
    script: Path,
    request: Mapping[str, Any],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> dict[str, Any]:
    """The probe's answer. ProbeFailed when there is none after `timeout` seconds or at its end.

    The user's settings for an orchestrator (AIRFLOW_*, …) are kept out, `env` is added. The probe
    and all it started, except what left its process group, are gone when this returns; so are its
    temporary files, except the `log` of what it printed, where one is asked for.
    """
    with tempfile.TemporaryDirectory(prefix="dagglot-", ignore_cleanup_errors=True) as folder:
        answer, log = Path(folder, "answer.json"), log or Path(folder, "log")
        scratch = Path(folder, "tmp")
        scratch.mkdir()
        with log.open("wb") as output:
            try:
                process = subprocess.Popen(
                    [python, script, answer],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env={**environment(), "TMPDIR": str(scratch), **(env or {})},
                    start_new_session=True,
                )
            except OSError as error:
                raise ProbeFailed(f"cannot start {python}: {error.strerror}") from error
            timed_out = _communicate(process, json.dumps(dict(request)).encode(), timeout)
        return _read(answer, log, process.returncode, timeout if timed_out else None, script)


def environment() -> dict[str, str]:
    """This process's environment, less what would steer an orchestrator, with telemetry off."""
    kept = {name: value for name, value in os.environ.items() if not _DROPPED.fullmatch(name)}
    return {**kept, **_QUIET}


def settings() -> dict[str, str]:
    """The user's settings for orchestrators, which `environment` leaves out."""
    return {name: value for name, value in os.environ.items() if _SETTING.fullmatch(name)}


def _communicate(process: subprocess.Popen[bytes], request: bytes, timeout: float) -> bool:
    """Wait for the probe; whether it took too long. Leaves no process of its group behind."""
    try:
        process.communicate(request, timeout=timeout)
    except subprocess.TimeoutExpired:
        return True
    finally:
        # Also after a good end: a worker that outlives its probe is nobody's.
        _end_group(process)
    return False


def _end_group(process: subprocess.Popen[bytes]) -> None:
    running = process.poll() is None
    _signal_group(process, signal.SIGTERM)
    if running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # It leads a session of its own, so its id is also its group's, as long as one member lives.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _read(
    answer: Path, log: Path, status: int, timeout: float | None, script: Path
) -> dict[str, Any]:
    name = f"{script.parent.parent.name} {script.stem}"
    said = log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()
    if timeout is not None:
        raise ProbeFailed(
            f"the {name} probe gave no answer in {timeout:g} s", output=said, timed_out=True
        )
    if status != 0 or not answer.exists():
        tail = f"\n{said}" if said else ""
        raise ProbeFailed(f"the {name} probe exited with {status}{tail}", output=said)
    try:
        value = json.loads(answer.read_bytes())
    except ValueError as error:
        raise ProbeFailed(f"the {name} probe's answer is not JSON: {error}", output=said) from error
    if not isinstance(value, dict):
        raise ProbeFailed(f"the {name} probe's answer is not an object", output=said)
    return value
