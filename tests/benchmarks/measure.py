"""CPU time, and ratios of it: wall clocks tell more about a machine's neighbours than about us."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PASS: Final = ("-c", "pass")
"""The yardstick of a cold start: Python itself."""
DAGGLOT: Final = ("-c", "from dagglot.__main__ import main; main()")
"""What the installed command `dagglot` does."""
_MEMORY_DISK: Final = Path("/dev/shm")
_PEAK: Final = (
    "import os, sys\n"
    "child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n"
    "_, status, usage = os.wait4(child, 0)\n"
    "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)\n"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a ratio, the parts it is made of (CPU seconds, bytes), its gate."""

    benchmark: str
    what: str
    yardstick: str
    ratio: float
    measured: float
    against: float
    gate: float | None = None
    unit: str = "s"


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder for inputs and outputs, in memory where there is such a disk."""
    place = _MEMORY_DISK if os.access(_MEMORY_DISK, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="dagglot-bench-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Children:
    """Runs Python in processes of their own, with bytecode that is kept beside the inputs."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
        }
        # what another user or a read-only install has in its caches does not count
        self.environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        self.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
        self.environment["XDG_CACHE_HOME"] = str(folder / "cache")

    def cpu(self, arguments: Sequence[str | Path]) -> float:
        """Seconds of CPU, user and system, of `python *arguments`."""
        command = [sys.executable, *map(str, arguments)]
        child = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        child.stderr.close()
        if child.returncode != 0:
            raise RuntimeError(f"{command} ended with {child.returncode}:\n{said.decode()}")
        return usage.ru_utime + usage.ru_stime

    def peak(self, arguments: Sequence[str | Path]) -> int:
        """Bytes of memory that `python *arguments` holds at most.

        A child's peak starts with that of its parent, so its parent must be a small one.
        """
        command = [sys.executable, "-I", "-S", "-c", _PEAK, sys.executable, *map(str, arguments)]
        ended = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        )
        code, kilobytes = ended.stdout.splitlines()[-1].split()
        if code != "0":
            raise RuntimeError(f"{command} ended with {code}:\n{ended.stderr}")
        return int(kilobytes) * 1024


def here(work: Callable[[], object]) -> float:
    """Seconds of CPU that a call takes in this process, garbage collection apart."""
    gc.collect()
    gc.disable()
    try:
        before = time.process_time()
        work()
        return time.process_time() - before
    finally:
        gc.enable()


def ratios(
    measured: Sequence[Callable[[], float]], yardstick: Callable[[], float], rounds: int
) -> list[tuple[float, float, float]]:
    """For each measured thing: the median ratio to the yardstick, and the medians of both.

    Interleaved: each round measures the yardstick and every thing once; one round before warms up.
    """
    things = (yardstick, *measured)
    times = [[thing() for thing in things] for _ in range(rounds + 1)][1:]
    made = []
    for place in range(1, len(things)):
        made.append(
            (
                statistics.median(one[place] / one[0] for one in times),
                statistics.median(one[place] for one in times),
                statistics.median(one[0] for one in times),
            )
        )
    return made
