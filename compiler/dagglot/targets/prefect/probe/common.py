"""What both Prefect probes need: a throw-away home, a server, and flow files as Prefect loads them.

Runs in Prefect's own environment; imported as a sibling, because a probe is started as
``python /path/to/run.py``. Prefect is imported inside functions only: the environment comes first.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

# None of these is needed to run or to deploy flows; each one polls the SQLite file.
IDLE_SERVICES = [
    "SCHEDULER",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "CANCELLATION_CLEANUP",
    "FOREMAN",
    "REPOSSESSOR",
    "TRIGGERS",
    "EVENT_PERSISTER",
    "CLEANUP_RECONCILER",
    "TASK_RUN_RECORDER",
    "DB_VACUUM",
]
SERVER_START_SECONDS = 180


def version() -> str:
    return importlib.metadata.version("prefect")


def read_request() -> dict[str, Any]:
    return json.load(sys.stdin)


def write_answer(path: str, answer: dict[str, Any]) -> None:
    Path(path).write_text(json.dumps(answer, indent=1, ensure_ascii=False, allow_nan=False))


def as_json(value: Any) -> Any:
    """The value as plain JSON data; ValueError or TypeError when it has no such form."""
    return json.loads(json.dumps(value, allow_nan=False))


@contextlib.contextmanager
def throw_away_home() -> Iterator[Path]:
    """A PREFECT_HOME that nobody else knows; the caller's own Prefect settings are not seen."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="prefect-probe-"))
    os.environ.update(
        PREFECT_HOME=str(home),
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="false",  # never a server that we did not start
        DO_NOT_TRACK="1",
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        PREFECT_LOGGING_TO_API_ENABLED="false",
        PREFECT_CLIENT_CSRF_SUPPORT_ENABLED="false",
    )
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def server(home: Path, cache: str | None) -> Iterator[int]:
    """A Prefect API on a free loopback port, in a process of its own; yields that process's id.

    PREFECT_API_URL is set, which Prefect reads when it is imported.

    ``cache`` holds one migrated, empty database per Prefect version: migrations take seconds.
    """
    database = home / "server.db"
    template = Path(cache, f"prefect-{version()}.db") if cache else None
    env = {
        **os.environ,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{database}",
        "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
        **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in IDLE_SERVICES},
    }
    migrated = template is not None and template.exists()
    if migrated:
        shutil.copyfile(str(template), database)
        env["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] = "false"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = ["--factory", "prefect.server.api.server:create_app", "--lifespan", "on"]
    address = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", *app, *address], env=env)
    url = f"http://127.0.0.1:{port}/api"
    try:
        _wait_until_healthy(process, url)
        if template is not None and not migrated:
            _keep_copy(database, template)
        os.environ["PREFECT_API_URL"] = url
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + SERVER_START_SECONDS
    # no proxy of the environment may stand between a probe and its own loopback server
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the Prefect server ended with exit code {process.returncode}")
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            opener.open(url + "/health", timeout=5),
        ):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the Prefect server was not ready after {SERVER_START_SECONDS} s")


def _keep_copy(database: Path, template: Path) -> None:
    template.parent.mkdir(parents=True, exist_ok=True)
    unfinished = template.with_name(f".{template.name}.{os.getpid()}")
    source, target = sqlite3.connect(database), sqlite3.connect(unfinished)
    source.backup(target)
    source.close()
    target.close()
    os.replace(unfinished, template)


def enter_project(root: str, python_path: list[str]) -> None:
    """The place and the import path that a deployed run would have."""
    os.chdir(root)
    # a user's own module may be called `common`: ours must not be found in its place
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [*python_path, *(path for path in sys.path if path != here)]
    for ours in ("common", "deployments"):
        sys.modules.pop(ours, None)
    os.environ["PYTHONPATH"] = os.pathsep.join(python_path)  # also in processes that tasks start


def load_flow_file(path: str) -> ModuleType:
    """Executes the file exactly as Prefect does for an entrypoint ``path:function``.

    Whatever the file raises comes out as it was, SystemExit included.
    """
    from prefect.exceptions import ScriptError
    from prefect.utilities.importtools import load_script_as_module

    try:
        return load_script_as_module(path)
    except ScriptError as error:
        raise error.user_exc from error


def flows_of(module: ModuleType) -> dict[str, Any]:
    """The flows that the file itself defines, by the name of the function."""
    from prefect import Flow

    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, Flow) and value.fn.__module__ == module.__name__
    }


def one_line(error: BaseException) -> str:
    """``Type: message``, as a traceback's last line says it."""
    return f"{type(error).__name__}: {error}".rstrip(": ")


def adopt_orphans() -> None:
    """Makes descendants whose parent dies ours, so that `kill_descendants` finds them.

    Only Linux can; elsewhere they are lost.
    """
    import ctypes

    set_child_subreaper = 36
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def kill_descendants(keep: Collection[int]) -> None:
    """Kills every process that descends from this one, in whatever session, except through those
    in ``keep``."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    parents = {int(pid): int(ppid) for pid, ppid in map(str.split, listing.stdout.splitlines())}

    def descends(pid: int) -> bool:
        while pid in parents and pid not in keep:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    for pid in parents:
        if descends(pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
