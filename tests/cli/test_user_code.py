"""Where the user's modules are, and what they need."""

from __future__ import annotations

from pathlib import Path

from dagglot.project import NO_PROJECT
from dagglot.runner import user_code

PIPELINE = "dagglot: 1\npipeline: one\ntasks:\n  work: {type: noop}\n"


def test_requirements_stand_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "requirements.txt").write_text("httpx\n")
    assert user_code([tmp_path], NO_PROJECT) == ([tmp_path], tmp_path / "requirements.txt")


def test_what_is_passed_over_brings_nothing(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    build = tmp_path / "build" / "prefect"
    build.mkdir(parents=True)
    (build / "prefect.yaml").write_text("deployments: []\n")
    (build / "requirements.txt").write_text("prefect\n")
    assert user_code([tmp_path], NO_PROJECT) == ([tmp_path], None)
