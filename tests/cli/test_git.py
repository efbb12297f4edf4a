"""What git calls, by git itself: the driver of its diff, `.gitattributes`, hooks of pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from case_folders import EXAMPLES
from dagglot.cli import app
from front_tools import Space

pytestmark = pytest.mark.slow
PIPELINE = """\
dagglot: 1
pipeline: orders
schedule: {cron: "0 6 * * *", timezone: UTC, start: "2026-01-01"}
tasks:
  load: {type: shell, run: echo load, retries: 3}
"""


class Repository:
    """A project in a git repository, with the command `dagglot` where git finds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        bin = folder.parent / "bin"
        bin.mkdir()
        command = bin / "dagglot"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dagglot "$@"\n')
        command.chmod(0o755)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }

    def make(self) -> None:
        """The project, compiled and committed."""
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "a")
        self.git("config", "user.email", "a@example.com")
        self.git("config", "diff.dagglot.command", "dagglot git diff")
        self.write(
            "dagglot.yaml",
            "dagglot: 1\nproject: p\npipelines: pipelines/**/*.yaml\n"
            "targets: {airflow: {out: out/airflow}}\n",
        )
        self.write("pipelines/orders.yaml", PIPELINE)
        self.run("dagglot", "git", "attributes", to=".gitattributes")
        self.run("dagglot", "compile")
        self.commit()

    def write(self, path: str, text: str | bytes) -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def ran(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **more}
        return subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True
        )

    def run(self, *words: str, to: str | None = None, **more: str) -> str:
        done = self.ran(*words, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        if to is not None:
            self.write(to, done.stdout)
        return done.stdout

    def git(self, *words: str, **more: str) -> str:
        return self.run("git", *words, **more)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "all")

    def applies(self, patch: str) -> bool:
        """Whether git can take the change back by it."""
        self.write("../patch", patch)
        return self.ran("git", "apply", "-R", "--check", "../patch").returncode == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    one = Repository(tmp_path_factory.mktemp("made") / "repository")
    one.make()
    return one.folder


@pytest.fixture
def repository(made: Path, tmp_path: Path) -> Repository:
    shutil.copytree(made, tmp_path / "repository")
    return Repository(tmp_path / "repository")


# --- the driver -----------------------------------------------------------------------------------


def test_what_it_means_and_the_lines(repository: Repository) -> None:
    repository.write(
        "pipelines/orders.yaml", PIPELINE.replace("retries: 3", "retries: 1").replace("0 6", "0 7")
    )
    said = repository.git("diff")
    assert said.startswith("orders: breaking\n")
    assert "tasks.load.retries.count" in said
    assert "DG610 breaking" in said
    assert "\x1b" not in said
    lines = repository.git("diff", "--no-ext-diff")
    assert (
        said.partition("+++ b/pipelines/orders.yaml\n")[2]
        == lines.partition("+++ b/pipelines/orders.yaml\n")[2]
    ), "the lines are those of git"
    assert repository.applies(said)


def test_a_new_one_one_that_is_gone_and_one_that_moved(repository: Repository) -> None:
    repository.write("pipelines/new.yaml", PIPELINE.replace("orders", "new"))
    repository.git("add", "-A")
    said = repository.git("diff", "--cached")
    assert said.startswith("new: ")
    assert "new file mode 100644\n--- /dev/null\n+++ b/pipelines/new.yaml\n" in said
    assert repository.applies(said)
    repository.commit()
    (repository.folder / "pipelines/new.yaml").unlink()
    said = repository.git("diff")
    assert said.startswith("new: breaking\n")
    assert "deleted file mode 100644\n--- a/pipelines/new.yaml\n+++ /dev/null\n" in said
    repository.write("pipelines/b.yaml", PIPELINE.replace("retries: 3", "retries: 4"))
    (repository.folder / "pipelines/orders.yaml").unlink()
    repository.git("add", "-A")
    said = repository.git("diff", "--cached", "-M", "--diff-filter=R")
    assert "3 → 4" in said
    assert "rename from pipelines/orders.yaml\nrename to pipelines/b.yaml\n--- a/" in said


def test_only_written_in_another_way(repository: Repository) -> None:
    repository.write("pipelines/orders.yaml", PIPELINE + "# a note\n")
    said = repository.git("diff")
    assert "means the same" in said
    assert "+# a note\n" in said


@pytest.mark.parametrize("text", ["dagglot: 1\npipeline: [\n", PIPELINE.replace("shell", "shall")])
def test_one_that_is_wrong_is_shown_by_its_lines(repository: Repository, text: str) -> None:
    repository.write("pipelines/orders.yaml", text)
    first, *lines = repository.git("diff").splitlines()
    assert re.match(r"pipelines/orders.yaml:\d is wrong, so here are its lines alone: DG", first)
    assert "-  load: {type: shell, run: echo load, retries: 3}" in lines
    repository.git("commit", "-qam", "wrong")
    repository.write("pipelines/orders.yaml", PIPELINE)
    assert " was wrong, so here are its lines alone: DG" in repository.git("diff")


def test_one_that_is_no_text(repository: Repository) -> None:
    repository.write("pipelines/orders.yaml", b"dagglot: \xff\n")
    done = subprocess.run(
        ["git", "diff"], cwd=repository.folder, env=repository.environment, capture_output=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"pipelines/orders.yaml:1 is wrong")
    assert b"+dagglot: \xff\n" in done.stdout


def test_files_of_others(repository: Repository) -> None:
    """With the driver for all files, as `GIT_EXTERNAL_DIFF` has it."""
    files: dict[str, str | bytes] = {
        "binary.yaml": b"a\0b",
        "other.yaml": "apiVersion: v1\n",
        "notes.txt": "one\ntwo",
        "Ünïcode and spaces.txt": "x\n",
        'quo"te.txt': "x\n",
        "dagglot.yaml": (repository.folder / "dagglot.yaml").read_text() + "# note\n",
        "empty": "",
    }
    for path, text in files.items():
        repository.write(path, text)
    (repository.folder / "link").symlink_to("nowhere")
    (repository.folder / "pipelines/orders.yaml").chmod(0o755)
    repository.git("add", "-A")
    said = repository.git("diff", "--cached", GIT_EXTERNAL_DIFF="dagglot git diff")
    theirs = repository.git("diff", "--cached", "--no-ext-diff")
    index = re.compile(r"^index [0-9a-f]{7}\.\.[0-9a-f]{7}( [0-7]+)?\n", re.MULTILINE)
    tab = re.compile(r"^((?:---|\+\+\+) .*)\t$", re.MULTILINE)
    assert said == tab.sub(r"\1", index.sub("", theirs))


def test_colours_and_pagers(repository: Repository) -> None:
    repository.write("pipelines/orders.yaml", PIPELINE.replace("retries: 3", "retries: 1"))
    assert "\x1b[31m" in repository.git("diff", GIT_PAGER_IN_USE="1", TERM="xterm")
    assert "\x1b" not in repository.git("diff", GIT_PAGER_IN_USE="1", NO_COLOR="1")
    head = repository.ran("sh", "-c", "git diff | head -1")
    assert (head.stdout, head.stderr) == ("orders: breaking\n", "")


def test_a_conflict(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "left")
    repository.write("pipelines/orders.yaml", PIPELINE.replace("retries: 3", "retries: 1"))
    repository.commit()
    repository.git("checkout", "-q", "-b", "right", "main")
    repository.write("pipelines/orders.yaml", PIPELINE.replace("retries: 3", "retries: 2"))
    repository.commit()
    assert repository.ran("git", "merge", "left").returncode == 1
    said = repository.git("diff", "--ours")
    assert "* Unmerged path pipelines/orders.yaml" in said
    assert "+<<<<<<< HEAD" in said
    words = ("dagglot", "git", "diff", "pipelines/orders.yaml")
    assert repository.run(*words) == "* Unmerged path pipelines/orders.yaml\n"


def test_called_by_a_person(space: Space) -> None:
    ran = space.run("git", "diff", "a", "b")
    assert ran.code == 2
    assert "is called by git" in ran.err
    assert "dagglot diff --base REF" in ran.err


# --- .gitattributes -------------------------------------------------------------------------------


def attributes(repository: Repository, path: str) -> dict[str, str]:
    words = repository.git("check-attr", "-z", "-a", path).split("\0")
    return dict(zip(words[1::3], words[2::3], strict=False))


def test_git_reads_the_attributes(repository: Repository) -> None:
    generated = {"text": "set", "eol": "lf", "linguist-generated": "true"}
    assert attributes(repository, "out/airflow/dags/orders_dag.py") == generated
    assert attributes(repository, "out/airflow/.dagglot-manifest.json") == generated
    assert attributes(repository, "pipelines/orders.yaml") == {"diff": "dagglot"}
    assert attributes(repository, "pipelines/deep/er.yaml") == {"diff": "dagglot"}
    for path in ("dagglot.yaml", "out/readme.md", "x/out/airflow/a.py", "x/pipelines/a.yaml"):
        assert attributes(repository, path) == {}


def test_odd_names(repository: Repository) -> None:
    repository.write(
        "sub/dagglot.yaml",
        "dagglot: 1\nproject: p\npipelines: ['*.yaml', './my flows/*.yml']\n"
        "targets: {airflow: {out: ./my out}, prefect: {out: ../beside}}\n",
    )
    done = subprocess.run(
        [sys.executable, "-m", "dagglot", "git", "attributes"],
        cwd=repository.folder / "sub",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "`../beside` is not below the folder of the project file" in done.stderr
    repository.write("sub/.gitattributes", done.stdout)
    assert attributes(repository, "sub/a.yaml") == {"diff": "dagglot"}
    assert attributes(repository, "sub/deep/a.yaml") == {}
    assert attributes(repository, "sub/my flows/a.yml") == {"diff": "dagglot"}
    assert attributes(repository, "sub/my out/a/b.py")["linguist-generated"] == "true"


def test_init_writes_them_where_there_are_none(space: Space) -> None:
    space.run("init", "new")
    assert "linguist-generated" in space.read("new/.gitattributes")
    space.write("old/.gitattributes", "mine\n")
    assert space.run("init", "old").code == 0
    assert space.read("old/.gitattributes") == "mine\n"


def test_a_checkout_with_other_line_ends_is_up_to_date(repository: Repository) -> None:
    """As on Windows: git writes the sources with CRLF, the output as it is."""
    clone = repository.folder.parent / "clone"
    repository.git("clone", "-q", "-c", "core.autocrlf=true", str(repository.folder), str(clone))
    assert b"\r\n" in (clone / "pipelines/orders.yaml").read_bytes()
    done = subprocess.run(
        ["dagglot", "compile", "--check", "--locked"],
        cwd=clone,
        env=repository.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


# --- the hooks of pre-commit ----------------------------------------------------------------------

HOOKS: dict[str, Any] = {
    hook["id"]: hook
    for hook in yaml.safe_load(
        (EXAMPLES.parent / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    )
}


def hook(repository: Repository, id: str, *args: str) -> subprocess.CompletedProcess[str]:
    """What pre-commit runs: the entry and the arguments, from the top of the repository."""
    return repository.ran(*shlex.split(HOOKS[id]["entry"]), *args)


def test_hooks_are_what_pre_commit_takes() -> None:
    assert set(HOOKS) == {
        *("dagglot-validate", "dagglot-lint"),
        *("dagglot-compile", "dagglot-compile-check"),
    }
    for one in HOOKS.values():
        assert one["language"] == "python"
        assert one["pass_filenames"] is False, "a project is looked at whole"
        assert shlex.split(one["entry"])[1] in app.COMMANDS


def test_good_pipelines_pass(repository: Repository) -> None:
    for id in ("dagglot-validate", "dagglot-compile-check", "dagglot-compile"):
        done = hook(repository, id)
        assert done.returncode == 0, done.stderr
    assert repository.git("status", "--porcelain") == "", "nothing was written"


def test_bad_ones_do_not(repository: Repository) -> None:
    repository.write("pipelines/orders.yaml", PIPELINE.replace("shell", "shall"))
    assert hook(repository, "dagglot-validate").returncode == 3
    repository.write("pipelines/orders.yaml", PIPELINE.replace("retries: 3", "retries: 4"))
    assert hook(repository, "dagglot-validate").returncode == 0
    done = hook(repository, "dagglot-compile-check", "--locked")
    assert done.returncode == 1
    assert "DG501" in done.stderr
    assert "run `dagglot compile`, and commit what it writes" in done.stderr
    assert hook(repository, "dagglot-compile").returncode == 0
    assert "out/airflow" in repository.git("status", "--porcelain"), "pre-commit fails on it"


def test_another_project_and_none(repository: Repository) -> None:
    (repository.folder / "dagglot.yaml").rename(repository.folder / "pipelines/dagglot.yaml")
    assert hook(repository, "dagglot-validate", "pipelines/orders.yaml").returncode == 0
    (repository.folder / "pipelines/dagglot.yaml").unlink()
    assert hook(repository, "dagglot-validate", "pipelines/").returncode == 0
    assert hook(repository, "dagglot-validate").returncode != 0
    words = ("pipelines/", "-t", "airflow", "-o", "made")
    assert hook(repository, "dagglot-compile-check", *words).returncode == 1
