"""Real runs one after another: a task waits until it succeeded, or was skipped, in the last one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from case_folders import CASES
from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.targets import registry
from orchestrators import engines

HERE = Path(__file__).parent
GROUPS = {"prefect": "prefect_server", "dagster": "dagster_instance"}
"""The folder with the script that has a target run the pipelines again and again."""

pytestmark = pytest.mark.orchestrator


def told(target: str, folder: Path) -> Any:
    paths = [CASES / "depends_on_past" / "pipeline.yaml"]
    built = engines.build(target, [(paths, NO_PROJECT)], folder / "out")
    script = HERE / GROUPS[target] / "wait_for_past.py"
    done = subprocess.run(
        [built.python(), script, registry.get(target).probe("run").parent, built.job.out],
        capture_output=True,
        text=True,
        timeout=500,
        env=probe.environment(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "target", [pytest.param(one, marks=pytest.mark.xdist_group(one)) for one in GROUPS]
)
def test_a_task_waits_for_its_run_before(target: str, tmp_path: Path) -> None:
    seen = told(target, tmp_path)
    good = {"prefect": "Completed", "dagster": "success"}[target]
    # where it was skipped, and each instance succeeded, nothing waited
    assert seen["skipped"]["past"].lower() == "skipped"
    assert seen["failed"]["past"].lower() == "failed"
    assert seen["failed"]["each[0]"] == seen["failed"]["each[1]"] == good
    # where it failed the next run waited, until that run was retried and it succeeded
    assert seen["waited"]
    assert {seen["second"][task] for task in ("before", "past", "below")} == {good}
