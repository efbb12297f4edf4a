"""The same input gives the same bytes: whatever the hash seed, locale, time zone or folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from case_folders import EXAMPLES, TARGETS

EVERYDAY = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
OTHERS: dict[str, dict[str, str]] = {
    "hash seed": {"PYTHONHASHSEED": "4242"},
    "locale": {
        "LC_ALL": "C",
        "LANG": "tr_TR.ISO8859-9",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    },
    "time zone": {"TZ": "Asia/Kathmandu"},
    "optimised": {"PYTHONOPTIMIZE": "2", "PYTHONIOENCODING": "ascii", "COLUMNS": "20"},
}
SINGLE = (
    "hello",
    "orders_daily",
    "groups_and_defaults",
    "fan_out",
    "churn_training",
    "warehouse_elt",
)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def sources(folder: Path, *, backwards: bool = False, line_end: bytes = b"\n") -> Path:
    """The examples below a folder, written in an order."""
    files = {
        path.relative_to(EXAMPLES): path.read_bytes()
        for name in SINGLE
        for path in sorted((EXAMPLES / name).rglob("*"))
        if path.suffix in (".yaml", ".sql")
    }
    for path in sorted(files, reverse=backwards):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(files[path].replace(b"\n", line_end))
    return folder


def compiled(source: str | Path, out: str | Path, here: Path, setting: dict[str, str]) -> None:
    words = [word for target in TARGETS for word in ("-t", target)]
    command = [sys.executable, "-m", "dagglot", "compile", str(source), *words, "-o", str(out)]
    done = subprocess.run(
        command,
        cwd=here,
        env={**os.environ, **EVERYDAY, **setting},
        umask=0o77 if setting else 0o22,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def everyday(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is generated on an ordinary day, its manifests too."""
    folder = tmp_path_factory.mktemp("everyday")
    compiled(sources(folder / "in"), folder / "out", folder, {})
    made = tree(folder / "out")
    assert len(made) > 80
    return made


@pytest.mark.slow
@pytest.mark.xdist_group("reproducible")
@pytest.mark.parametrize("setting", OTHERS.values(), ids=list(OTHERS))
def test_same_bytes_in_another_environment(
    setting: dict[str, str], everyday: dict[str, bytes], tmp_path: Path
) -> None:
    """Another folder and umask, too; the files of the sources written in another order."""
    folder = tmp_path / "Ünïcode and spaces"
    sources(folder / "in", backwards=True)
    compiled("in", "out", folder, setting)
    assert tree(folder / "out") == everyday


@pytest.mark.slow
@pytest.mark.xdist_group("reproducible")
def test_same_bytes_from_another_place(everyday: dict[str, bytes], tmp_path: Path) -> None:
    """From elsewhere into a folder elsewhere; the manifest has other ways to the sources."""
    sources(tmp_path / "a/b/in")
    (tmp_path / "here").mkdir()
    compiled("../a/b/in", tmp_path / "far/away", tmp_path / "here", {})
    made = tree(tmp_path / "far/away")
    assert made.keys() == everyday.keys()
    assert [path for path in made if made[path] != everyday[path]] == [
        path for path in made if path.endswith(".dagglot-manifest.json")
    ]
    assert not any(str(tmp_path).encode() in data for data in made.values())


@pytest.mark.slow
@pytest.mark.xdist_group("reproducible")
def test_same_bytes_of_a_checkout_on_windows(everyday: dict[str, bytes], tmp_path: Path) -> None:
    """Where git gave the sources other line ends; what is generated has those of everywhere."""
    compiled(sources(tmp_path / "in", line_end=b"\r\n"), tmp_path / "out", tmp_path, {})
    assert tree(tmp_path / "out") == everyday


@pytest.mark.slow
@pytest.mark.xdist_group("reproducible")
def test_no_two_files_are_one_where_case_does_not_count(everyday: dict[str, bytes]) -> None:
    assert len({path.casefold() for path in everyday}) == len(everyday)
    assert all(b"\r" not in data for data in everyday.values())


@pytest.mark.slow
def test_wheel_works_elsewhere(tmp_path: Path) -> None:
    """Built from the checkout, installed in an empty environment, called from another folder."""
    root = EXAMPLES.parent
    from dagglot.runtimes import uv

    tool = uv.ensure(tmp_path / "uv", lambda _: None)

    def run(*words: str | Path, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            [str(word) for word in words], cwd=cwd, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    run(tool, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "dist", root)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    run(tool, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(tool, "pip", "install", "--quiet", "--python", python, wheel)
    dagglot = tmp_path / "venv" / "bin" / "dagglot"
    run(dagglot, "init", "project")
    project = tmp_path / "project"
    run(dagglot, "validate", cwd=project)
    run(dagglot, "compile", cwd=project)
    assert (project / "build/airflow/dags/daily_report_dag.py").exists()
    # the checkout is the same compiler: what the wheel wrote is up to date
    run(sys.executable, "-m", "dagglot", "compile", "--check", "--locked", cwd=project)
    assert "$schema" in run(dagglot, "schema")
    assert "orchestrators" in run(dagglot, "runtime", "--help")
