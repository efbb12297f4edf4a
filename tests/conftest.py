"""What every test may use: `--update` for goldens, and the orchestrators' environments."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from dagglot.runtimes import environments
from front_tools import Space

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MEMORY = Path("/dev/shm")
ROOM = 2 << 30
OWN_FOLDER = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the goldens anew")


def pytest_configure(config: pytest.Config) -> None:
    """The slow ring never skips: an environment that is missing is made, and named for the probes'
    own tests."""
    _write_to_memory(config)
    if "not orchestrator" in config.getoption("markexpr", ""):
        return
    for runtime in environments.available():
        name = runtime.name.replace("-", "_").replace(".", "_").upper()
        os.environ[f"DAGGLOT_TEST_{name}"] = str(environments.ensure(runtime))


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash.get(OWN_FOLDER, "/nowhere"), ignore_errors=True)


def _write_to_memory(config: pytest.Config) -> None:
    """Where nobody chose a folder for what is temporary, have it in memory: the orchestrators'
    databases wait for the disk at every change of every task. It is gone at the end."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC or shutil.disk_usage(MEMORY).free < ROOM:
        return
    folder = tempfile.mkdtemp(prefix="dagglot-tests-", dir=MEMORY)
    Path(folder).chmod(0o711)  # root's PostgreSQL server is another user's process
    config.stash[OWN_FOLDER] = os.environ["TMPDIR"] = tempfile.tempdir = folder


@pytest.fixture
def space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Space:
    """An empty folder to compile in, with a target of its own."""
    return Space(tmp_path, monkeypatch, capsys)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
