"""Isolated environments, one per orchestrator version, made from the lock files beside this module.

An environment is a folder named after what is in it (target, version, Python, and a hash of the
lock and of the user's requirements), so that a changed lock makes a new one. It is complete when
it holds `.complete`: a virtual environment cannot be moved, so it is built in place, under a lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from dagglot.frozen import dataclass
from dagglot.runtimes import uv
from dagglot.runtimes.problem import RuntimeProblem

LOCKS: Final = Path(__file__).parent / "locks"
MARKER: Final = ".complete"
LOCK_WAIT: Final = 1800.0
"""Seconds to wait for another process that makes the same environment."""
_SUPPORTED_PYTHONS: Final = ((3, 11), (3, 12))
_FALLBACK_PYTHON: Final = "3.11"

Progress = Callable[[str], None]


def ignore(message: str) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One version of an orchestrator that this package has a lock for: `airflow`, `3.3`."""

    target: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.target}-{self.version}"

    @property
    def lock(self) -> Path:
        return LOCKS / f"{self.name}.txt"


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment on disk. `complete` is false for one whose making was interrupted."""

    runtime: Runtime
    path: Path
    bytes: int
    complete: bool
    requirements: bool


def available() -> tuple[Runtime, ...]:
    """Every runtime with a lock file, by target, newest version first."""
    runtimes = [Runtime(*path.stem.rsplit("-", 1)) for path in LOCKS.glob("*.txt")]
    newest_first = sorted(runtimes, key=lambda each: _numbers(each.version), reverse=True)
    return tuple(sorted(newest_first, key=lambda each: each.target))


def resolve(target: str, version: str | None = None) -> Runtime | None:
    """The newest runtime that a version as written allows: `3`, `3.3` and `3.3.2` all mean 3.3."""
    wanted = _numbers(version) if version else ()
    for runtime in available():
        own = _numbers(runtime.version)
        common = min(len(wanted), len(own))
        if runtime.target == target and wanted[:common] == own[:common]:
            return runtime
    return None


def root() -> Path:
    """Where environments live: $DAGGLOT_RUNTIMES, else the user's cache folder."""
    chosen = os.environ.get("DAGGLOT_RUNTIMES")
    if chosen:
        return Path(chosen).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    base = Path(cache) if cache else Path.home() / ".cache"
    return base.absolute() / "dagglot" / "runtimes"


def python_of(environment: Path) -> Path:
    windows = os.name == "nt"
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def ensure(
    runtime: Runtime, *, requirements: Path | None = None, progress: Progress = ignore
) -> Path:
    """The Python of the runtime's environment, which is made when it is missing or half made.

    With `requirements` it is an environment of its own, the lock being constraints for them. Only
    the text of that one file is part of its identity: what it includes or points to is not looked
    at again. RuntimeProblem when there is no network, no disk, or the requirements do not fit.
    """
    environment = _path(runtime, requirements)
    python = python_of(environment)
    if (environment / MARKER).exists() and python.exists():
        return python
    try:
        environment.parent.mkdir(parents=True, exist_ok=True)
        with _locked(environment.with_name(environment.name + ".lock"), runtime.name, progress):
            if not ((environment / MARKER).exists() and python.exists()):
                _make(environment, runtime, requirements, progress)
    except OSError as error:
        raise RuntimeProblem(
            f"cannot make the {runtime.name} environment: {error}",
            help="DAGGLOT_RUNTIMES names the folder to use",
        ) from error
    return python


def installed() -> tuple[Installed, ...]:
    """Every environment on disk, in the order of `available`."""
    found: list[Installed] = []
    for runtime in available():
        for path in sorted(root().glob(f"{runtime.name}-py*")):
            if path.is_dir():
                complete = (path / MARKER).exists()
                own = path.name.endswith("-own")
                found.append(Installed(runtime, path, _size(path), complete, own))
    return tuple(found)


def remove(runtime: Runtime | None = None) -> tuple[Installed, ...]:
    """Delete the environments of one runtime, or all; returns what there was."""
    gone = tuple(each for each in installed() if runtime in (None, each.runtime))
    for each in gone:
        # The marker first: an interrupted removal leaves something that is known to be half there.
        try:
            (each.path / MARKER).unlink(missing_ok=True)
            shutil.rmtree(each.path)
        except OSError as error:
            raise RuntimeProblem(f"cannot remove {each.path}: {error}") from error
    return gone


def _make(
    environment: Path, runtime: Runtime, requirements: Path | None, progress: Progress
) -> None:
    with _locked(root() / "uv.lock", "uv", progress):
        tool = uv.ensure(root() / "uv", progress)
    if environment.exists():
        shutil.rmtree(environment)
    own = sys.version_info[:2] in _SUPPORTED_PYTHONS
    chosen = sys.executable if own else _FALLBACK_PYTHON
    doing = f"make the {runtime.name} environment"
    progress(f"making the {runtime.name} environment in {environment}")
    uv.run(tool, ["venv", "--quiet", "--python", chosen, str(environment)], doing=doing, cwd=root())
    install = ["pip", "install", "--quiet", "--python", str(python_of(environment))]
    if sys.dont_write_bytecode:  # as in many containers, where each start would compile it anew
        install.append("--compile-bytecode")
    progress(f"installing {runtime.name}")
    uv.run(tool, [*install, "-r", str(runtime.lock)], doing=doing, cwd=root())
    if requirements is not None:
        progress(f"installing {requirements}")
        uv.run(
            tool,
            [*install, "-r", str(requirements.absolute()), "-c", str(runtime.lock)],
            doing=f"install {requirements} beside {runtime.name}",
            cwd=requirements.absolute().parent,
        )
    (environment / MARKER).write_text("", encoding="utf-8")


def _path(runtime: Runtime, requirements: Path | None) -> Path:
    digest = hashlib.sha256(runtime.lock.read_bytes())
    if requirements is not None:
        try:
            # The folder counts too: relative paths in the file are relative to it.
            digest.update(str(requirements.absolute().parent).encode())
            digest.update(requirements.read_bytes())
        except OSError as error:
            raise RuntimeProblem(f"cannot read {requirements}: {error.strerror}") from error
    own = sys.version_info[:2] in _SUPPORTED_PYTHONS
    version = f"{sys.version_info[0]}{sys.version_info[1]}" if own else "311"
    suffix = "-own" if requirements is not None else ""
    return root() / f"{runtime.name}-py{version}-{digest.hexdigest()[:12]}{suffix}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else -1 for part in version.split("."))


def _size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).lstat().st_size
    return total


@contextlib.contextmanager
def _locked(path: Path, what: str, progress: Progress) -> Iterator[None]:
    if sys.platform == "win32":  # no fcntl, and no orchestrator but Prefect and Dagster either
        yield
        return
    import fcntl

    deadline = time.monotonic() + LOCK_WAIT
    told = False
    with path.open("a", encoding="utf-8") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RuntimeProblem(
                        f"another process has been making {what} for {LOCK_WAIT:.0f} s",
                        help=f"if none is running, delete {path}",
                    ) from None
                if not told:
                    progress(f"waiting for another process that makes {what}")
                    told = True
                time.sleep(0.2)
        yield
