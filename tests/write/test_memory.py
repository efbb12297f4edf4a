"""A compile of many files holds one of them at a time."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from benchmarks import corpus
from case_folders import TARGETS
from dagglot import compile, plan_jobs
from dagglot.diagnostics import codes
from dagglot.ir.model import Task
from dagglot.jobs import Options, Result
from dagglot.project import NO_PROJECT
from dagglot.source import Map


def compiled(folder: Path, *targets: str, keep_built: bool = False) -> Result:
    jobs, wrong = plan_jobs.jobs(targets, folder / "out", NO_PROJECT)
    assert not wrong
    return compile.compile([folder / "in"], jobs, NO_PROJECT, Options(keep_built=keep_built))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_file_that_is_done_is_forgotten(target: str, tmp_path: Path) -> None:
    corpus.write(tmp_path / "in", 3)
    gc.collect()
    before = left()
    gc.disable()  # as the command has it
    try:
        result = compiled(tmp_path, target)
        assert left() == before
    finally:
        gc.enable()
    assert result.pipelines == 3
    assert result.plans[0].create
    assert not result.built
    assert not result.sources


def left() -> int:
    """How many mappings of documents, and tasks, there are: what places and values hang on."""
    return sum(isinstance(one, (Map, Task)) for one in gc.get_objects())


def test_the_texts_of_findings_are_there(tmp_path: Path) -> None:
    corpus.write(tmp_path / "in", 2)
    (tmp_path / "in" / "twice.yaml").write_text(corpus.document(0))
    (tmp_path / "in" / "wrong.yaml").write_text("dagglot: 1\npipeline: x\n")
    kept = compiled(tmp_path, "airflow", "dagster", keep_built=True)
    forgotten = compiled(tmp_path, "airflow", "dagster")
    assert forgotten.diagnostics == kept.diagnostics
    spoken_of = {span.file for one in kept.diagnostics for span in one.spans}
    assert {Path(file).name for file in spoken_of} == {
        "pipeline_00000.yaml",
        "twice.yaml",
        "wrong.yaml",
    }
    assert codes.DUPLICATE_PIPELINE in {one.rule for one in kept.diagnostics}
    assert forgotten.sources == {file: kept.sources[file] for file in spoken_of}
