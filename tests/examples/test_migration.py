"""The move in the README of `examples/project`: its parts are what the command says of its
patches. `pytest --update` writes them anew; the picture is taken by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from case_folders import EXAMPLES
from test_readme import with_section

PROJECT = EXAMPLES / "project"
README = PROJECT / "README.md"
SINCE = ("--since", "2026-11-30")
TO_DAGSTER = ("--from", "airflow", "--to", "dagster")


class Checkout:
    """The project in a repository of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("build", "__pycache__"))
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")

    def git(self, *words: str) -> None:
        subprocess.run(["git", "-C", str(self.root), *words], check=True)

    def apply(self, patch: str) -> None:
        self.git("apply", str(PROJECT / "migration" / patch))

    def diff(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "dagglot", "diff", *words, *SINCE],
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("migration") / "project")


def test_the_readme_tells_what_is_said(checkout: Checkout, update: bool) -> None:
    code, move = checkout.diff(*TO_DAGSTER)
    assert code == 0
    checkout.apply("pull_request.patch")
    code, comment = checkout.diff("--base", "main", "--format", "markdown")
    assert code == 1
    checkout.apply("decision.patch")
    code, decision = checkout.diff("--base", "main", "--format", "markdown")
    assert code == 0
    text = README.read_text(encoding="utf-8")
    command = " ".join(("dagglot diff", *TO_DAGSTER))
    made = with_section(text, "move", f"```\n$ {command}\n{move}```\n")
    made = with_section(made, "comment", comment)
    made = with_section(made, "decision", decision)
    if update:
        README.write_text(made, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == made


def test_the_picture_is_there() -> None:
    picture = PROJECT / "migration" / "page.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 200_000
    assert f"(migration/{picture.name})" in README.read_text(encoding="utf-8")
