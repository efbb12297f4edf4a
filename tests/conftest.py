"""What every test may use: `--update` for goldens, and the orchestrators' environments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dagglot.runtimes import environments
from front_tools import Space

TESTS = Path(__file__).parent
ROOT = TESTS.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the goldens anew")


def pytest_configure(config: pytest.Config) -> None:
    """The slow ring never skips: an environment that is missing is made, and named for the probes'
    own tests."""
    if config.getoption("markexpr", "") == "not orchestrator":
        return
    for runtime in environments.available():
        name = runtime.name.replace("-", "_").replace(".", "_").upper()
        os.environ[f"DAGGLOT_TEST_{name}"] = str(environments.ensure(runtime))


@pytest.fixture
def space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Space:
    """An empty folder to compile in, with a target of its own."""
    return Space(tmp_path, monkeypatch, capsys)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
