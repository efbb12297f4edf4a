"""What both probes need before Airflow is imported: the request, a home of their own, the answer.

Standard library only. Runs on Airflow 2.11 and 3.x; what differs is said where it matters.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import hashlib
import importlib.metadata
import json
import math
import os
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

VERSION = importlib.metadata.version("apache-airflow")
AIRFLOW_2 = VERSION.startswith("2.")


def hide_probe() -> None:
    """Put the probe's modules out of reach: a user may have a `common` or a `load` too."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name != "__main__" and file and os.path.dirname(os.path.abspath(file)) == here:
            del sys.modules[name]


@contextlib.contextmanager
def home_folder(request: Mapping[str, Any]) -> Iterator[str]:
    """The folder for AIRFLOW_HOME: the one asked for, which stays, or a temporary one."""
    if kept := request.get("home"):
        os.makedirs(kept, exist_ok=True)
        yield os.path.abspath(kept)
        return
    with tempfile.TemporaryDirectory(prefix="airflow-home-", ignore_cleanup_errors=True) as home:
        yield home


def settings(request: Mapping[str, Any], home: str, log_level: str) -> dict[str, str]:
    """The environment variables that give Airflow this home and nothing of the machine's own."""
    return {
        "AIRFLOW_HOME": home,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": request["dags_folder"],
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
        # The default of 2 frames often ends before the user's own line.
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "20",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": log_level,
        # `airflow db migrate` does not create the connection that FileSensor uses by default.
        "AIRFLOW_CONN_FS_DEFAULT": os.environ.get("AIRFLOW_CONN_FS_DEFAULT", "fs://"),
        # What the run is lent: Airflow looks for connections and variables here first.
        **(request.get("stores") or {}),
    }


def extend_path(request: Mapping[str, Any]) -> None:
    """Make importable what is so in a real Airflow: the DAG folder, and what the request adds."""
    for folder in [*reversed(request.get("python_path") or ()), request["dags_folder"]]:
        if folder not in sys.path:
            sys.path.insert(0, folder)


def create_database(home: str, cache: str | None) -> None:
    """Put a migrated database into `home`: migrating takes about 5 s, copying a kept one none."""
    target = os.path.join(home, "airflow.db")
    if os.path.exists(target):
        return
    kept = os.path.join(cache, f"airflow-{VERSION}-{_providers_digest()}.db") if cache else None
    if kept and os.path.exists(kept):
        _copy_database(kept, target)
        return
    from airflow.utils import db

    db.initdb()
    if cache and kept:
        os.makedirs(cache, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=cache)
        os.close(handle)
        _copy_database(target, unfinished)
        os.replace(unfinished, kept)


def wait_for_no_disk(home: str) -> None:
    """Let nothing wait until the database in `home` is on the disk: a run commits hundreds of
    times. What a process has written stays when it dies; only the machine must not."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    database = os.path.realpath(os.path.join(home, "airflow.db"))

    @event.listens_for(Engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            [(_, _, file)] = connection.execute("PRAGMA database_list").fetchall()
            if os.path.realpath(file) == database:
                connection.execute("PRAGMA synchronous=OFF")


def _providers_digest() -> str:
    """Providers may add tables (the 2.11 auth manager does), so they are part of the key."""
    installed = sorted(
        f"{d.name}=={d.version}"
        for d in importlib.metadata.distributions()
        if d.name and d.name.lower().startswith("apache-airflow")
    )
    return hashlib.sha256("\n".join(installed).encode()).hexdigest()[:12]


def _copy_database(source: str, target: str) -> None:
    # Not a file copy: 3.x uses a write-ahead log, which a copy would lose.
    with (
        contextlib.closing(sqlite3.connect(source)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def load_dags(path: str) -> tuple[dict[str, Any], str | None]:
    """The DAGs of one file by id, and why it cannot be loaded. Does not touch the database."""
    if AIRFLOW_2:
        from airflow.models.dagbag import DagBag

        bag = DagBag(path, include_examples=False, safe_mode=False, read_dags_from_db=False)
    else:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(path, safe_mode=False)
    problems = [last_lines(text) for text in bag.import_errors.values()]
    return bag.dags, "\n".join(problems) or None


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def last_lines(text: str, count: int = 20) -> str:
    return "\n".join(text.strip().splitlines()[-count:])


def describe_error(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def plain(value: Any) -> Any:
    """`value` as JSON: tuples and sets as lists, dates as ISO text, durations as seconds."""
    match value:
        case enum.Enum():
            return plain(value.value)
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case set() | frozenset():
            return sorted((plain(each) for each in value), key=repr)
        case _:
            return str(value)


def write_answer(path: str, answer: Mapping[str, Any]) -> None:
    """Replace the whole file at once, so that a reader never sees half an answer."""
    unfinished = f"{path}.part"
    with open(unfinished, "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(unfinished, path)
