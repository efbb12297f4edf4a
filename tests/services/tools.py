"""Programs that tasks start in tests: dbt, papermill, and those of a PostgreSQL server.

They are the dependency group `services`, in an environment of its own: dbt cannot be installed
beside Airflow.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

from dagglot.runtimes import environments, uv

ROOT = Path(__file__).parent.parent.parent


@cache
def environment() -> Path:
    """The environment with the programs, as `uv.lock` has it; made where it is missing."""
    place = environments.root()
    place.mkdir(parents=True, exist_ok=True)
    tool = uv.ensure(place / "uv", environments.ignore)
    with tempfile.TemporaryDirectory(prefix="dagglot-tools-") as folder:
        listed = Path(folder, "requirements.txt")
        export = ["export", "--quiet", "--frozen", "--only-group", "services", "--no-header"]
        uv.run(tool, [*export, "--output-file", str(listed)], doing="list the tools", cwd=ROOT)
        digest = hashlib.sha256(listed.read_bytes()).hexdigest()[:12]
        made = place / f"test-tools-{digest}"
        with (place / f"{made.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (made / environments.MARKER).exists():
                _make(tool, made, listed)
    return made


def _make(tool: Path, made: Path, listed: Path) -> None:
    shutil.rmtree(made, ignore_errors=True)
    doing = "make the environment of the tests' tools"
    uv.run(tool, ["venv", "--quiet", "--python", "3.11", str(made)], doing=doing, cwd=ROOT)
    install = ["pip", "install", "--quiet", "--python", str(environments.python_of(made))]
    uv.run(tool, [*install, "--require-hashes", "-r", str(listed)], doing=doing, cwd=ROOT)
    (made / environments.MARKER).touch()


def packages() -> Path:
    """Where its packages are."""
    (found,) = environment().glob("lib/python3.*/site-packages")
    return found
