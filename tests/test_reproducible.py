"""The same input gives the same bytes: whatever the hash seed, locale, time zone or folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from case_folders import EXAMPLES, TARGETS

SETTINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_bytes(tmp_path: Path) -> None:
    trees = []
    for number, setting in enumerate(SETTINGS):
        folder = tmp_path / f"run{number}"
        # the same relative place of sources and output, in another folder, from another one
        source, out = folder / "in", folder / "out"
        source.mkdir(parents=True)
        for name in ("hello", "orders_daily", "groups_and_defaults"):
            text = (EXAMPLES / name / "pipeline.yaml").read_bytes()
            (source / f"{name}.yaml").write_bytes(text)
        words = [word for target in TARGETS for word in ("-t", target)]
        done = subprocess.run(
            [sys.executable, "-m", "dagglot", "compile", str(source), *words, "-o", str(out)],
            cwd=folder if number else tmp_path,
            env={**os.environ, **setting},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        trees.append(tree(out))
    assert trees[0] == trees[1]
    assert len(trees[0]) > 20


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
    assert "$schema" in run(dagglot, "schema")
    assert "orchestrators" in run(dagglot, "runtime", "--help")
