"""Pipelines that others start by what they update, on schedulers as users start them.

One update of the maker makes exactly one run of each that waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import pytest

from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from orchestrators import engines

pytestmark = pytest.mark.users

HERE: Final = Path(__file__).parent / "linked"
SCRIPTS: Final = {"airflow": "airflow_scheduler.py", "prefect": "prefect_worker.py"}
UPDATES: Final = 2
EXPECTED: Final[Mapping[str, int]] = {
    "linked_maker": 1,
    "linked_on_one": 1,
    "linked_on_both": 1,
    "linked_on_any": 2,
    "linked_on_some": 1,
    "linked_on_nothing": 0,
    "linked_off": 0,
}
"""The runs for each run of the maker."""
TARGETS = [
    pytest.param(target, marks=pytest.mark.xdist_group(target))
    for target in ("airflow", "airflow@2.11", "prefect")
]


@cache
def told(target: str) -> tuple[dict[str, list[str]], Path]:
    """The states of all runs, by pipeline, and the folder in which they have written."""
    folder = Path(mkdtemp(prefix="dagglot-linked-"))
    sources = [([HERE / "pipeline.yaml"], NO_PROJECT)]
    built = engines.build(target, sources, folder / "out")
    job = built.job
    request = {
        **job.target.run_request(job.out, [engines.SOURCES], [], {}),
        "root": str(job.out),
        "probe": str(job.target.probe("run").parent),
        "maker": "linked_maker",
        "expected": dict(EXPECTED),
        "updates": UPDATES,
        "seconds": 400,
        "linger": 15,
    }
    script = HERE / SCRIPTS[job.target.name]
    environment = {"BEHAVIOUR_DIR": str(folder)}
    said = probe.run(built.python(), script, request, timeout=1800, cwd=folder, env=environment)
    return {one["pipeline"]: one["runs"] for one in said["runs"]}, folder


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.mark.parametrize("target", TARGETS)
def test_an_update_makes_one_run(target: str) -> None:
    runs, _ = told(target)
    wanted = {id: ["success"] * each * UPDATES for id, each in EXPECTED.items()}
    assert runs == wanted


@pytest.mark.parametrize("target", TARGETS)
def test_a_run_that_data_starts_has_the_schedules_params_and_the_time_of_the_event(
    target: str,
) -> None:
    _, folder = told(target)
    (first, second) = lines(folder, "linked_on_one")
    updates = lines(folder, "linked_maker")
    for run, update in zip((first, second), updates, strict=True):
        assert run["said"] == "by the schedule"
        assert run["at"].endswith("+01:00") or run["at"].endswith("+02:00")
        late = datetime.fromisoformat(run["at"]) - datetime.fromisoformat(update["at"])
        assert abs(late) < timedelta(minutes=2)


@pytest.mark.parametrize("target", TARGETS)
def test_a_sensor_sees_updates_since_the_time_of_its_run(target: str) -> None:
    _, folder = told(target)
    for update in lines(folder, "linked_maker"):
        assert datetime.fromisoformat(update["at"]) >= datetime.fromisoformat(update["since"])
