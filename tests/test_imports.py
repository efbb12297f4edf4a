"""What a command imports: the start of a process is most of what a short command costs.

A list of what must not be there catches a slow start without measuring one (see
tests/benchmarks). Typer brings much of the standard library, so only what is ours counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PIPELINE = """\
dagglot: 1
pipeline: small
schedule: {cron: "0 3 * * *", timezone: Europe/Madrid}
tasks:
  one: {type: shell, run: echo 1}
  two: {type: python, call: "shop.jobs:load", args: {day: "${{ run.date }}"}, depends_on: one}
tests:
  fine: {given: {one: failed 1}, expect: {run: failed}}
"""
TRACE = '{"dagglot_trace": 1, "pipeline": "a", "target": "b", "run": "success", "tasks": []}'
ORCHESTRATORS = {"airflow", "prefect", "dagster"}
NEVER = {"rich", "pydantic", "jsonschema", "importlib.metadata", *ORCHESTRATORS}
READING = {"yaml", "dagglot.yaml_reader", "jsonschema_rs", "dagglot.ir.build"}
RUNNING = {"dagglot.runner", "dagglot.replays", "dagglot.runtimes", "dagglot.semantics.early"}
MAKING = {"jinja2", "dagglot.emit", "dagglot.capabilities", "dagglot.targets.base"}
KNOWING = {"dagglot.ir", "dagglot.features", "dagglot.expressions", "dagglot.schema"}
LATER = {"typer", "argparse", "re", "dagglot.cli", "pathlib", "typing"}
DRIVEN = ("notes.txt", "/dev/null", ".", ".", "trace.json", "0", "100644")
VERIFYING = {"dagglot.targets.airflow.expected"}


def imported(*words: str, folder: Path) -> set[str]:
    """Every module that a command line imports, with the packages that hold it."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dagglot", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    )
    lines = (line for line in ended.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "trace.json").write_text(TRACE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "without"),
    [
        (["--version"], LATER | READING | MAKING),
        (["--help"], READING | MAKING | KNOWING),
        (["explain", "DG201"], READING | MAKING | KNOWING | {"dagglot.api"}),
        (["targets", "--help"], READING | MAKING | KNOWING),
        (["validate", "pipeline.yaml"], MAKING | {"dagglot.manifest", "dagglot.write"}),
        (["simulate", "pipeline.yaml", "--given", "one=failed"], MAKING | RUNNING),
        (["test", "pipeline.yaml"], MAKING | RUNNING),
        (["git", "--help"], READING | MAKING | KNOWING),
        (["git", "diff", *DRIVEN], READING | MAKING | KNOWING),
        (["test", "--help"], READING | MAKING | RUNNING),
        (["parity", "--traces", "trace.json", "trace.json"], MAKING | RUNNING),
        (["compile", "pipeline.yaml", "-t", "airflow"], VERIFYING),
    ],
    ids=lambda words: words[0].strip("-") if isinstance(words, list) else "",
)
def test_command_imports_only_what_it_uses(
    words: list[str], without: set[str], folder: Path
) -> None:
    assert not imported(*words, folder=folder) & (NEVER | without)


def test_compile_of_unchanged_files_reads_and_renders_nothing(folder: Path) -> None:
    command = ["compile", "pipeline.yaml", "-t", "airflow"]
    first = imported(*command, folder=folder)
    assert {"yaml", "jinja2", "dagglot.ir.build"} <= first
    again = imported(*command, folder=folder)
    unneeded = READING | KNOWING | VERIFYING | {"jinja2", "dagglot.emit", "dagglot.capabilities"}
    unneeded |= {"markupsafe", "dagglot.pycode", "tempfile"}
    unneeded |= {f"dagglot.targets.airflow.{name}" for name in ("capabilities", "lower", "names")}
    assert not again & (NEVER | unneeded)
