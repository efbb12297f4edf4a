"""Finding uv, or fetching it, and running it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from dagglot.runtimes.problem import RuntimeProblem

NAME: Final = "uv.exe" if os.name == "nt" else "uv"
_BIN: Final = "Scripts" if os.name == "nt" else "bin"
# These would make uv install somewhere else than into the environment that it is given.
_MISLEADING: Final = ("UV_SYSTEM_PYTHON", "UV_PYTHON", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
_TAIL_LINES: Final = 20


def find() -> Path | None:
    """The uv that is there already: on PATH, beside this interpreter, or as a module."""
    on_path = shutil.which("uv")
    if on_path:
        return Path(on_path)
    beside = Path(sys.executable).parent / NAME
    if beside.is_file():
        return beside
    try:
        from uv import find_uv_bin  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    try:
        return Path(find_uv_bin())
    except FileNotFoundError:
        return None


def ensure(folder: Path, progress: Callable[[str], None]) -> Path:
    """The uv to use; when there is none, pip installs it into a venv of its own at `folder`."""
    found = find()
    if found:
        return found
    own = folder / _BIN / NAME
    if own.is_file():
        return own
    progress("fetching uv")
    _checked([sys.executable, "-m", "venv", "--clear", str(folder)], "make an environment for uv")
    python = folder / _BIN / Path(sys.executable).name
    _checked([str(python), "-m", "pip", "install", "--quiet", "uv"], "install uv")
    return own


def run(uv: Path, arguments: Sequence[str], *, doing: str, cwd: Path) -> None:
    """Run uv in `cwd`, whose own uv settings count; RuntimeProblem with its words when it fails."""
    _checked([str(uv), *arguments], doing, cwd=cwd)


def _checked(command: Sequence[str], doing: str, cwd: Path | None = None) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise RuntimeProblem(f"cannot {doing}: {error}") from error
    if done.returncode != 0:
        said = "\n".join(done.stdout.strip().splitlines()[-_TAIL_LINES:])
        raise RuntimeProblem(
            f"cannot {doing}: {Path(command[0]).name} exited with {done.returncode}\n{said}",
            help="this needs the network (or a filled uv cache) and disk space; "
            "an environment of your own can be given with --python",
        )
