"""What schedules of partitioned pipelines ask for, as the orchestrators themselves say it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from case_folders import CASES
from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.semantics.partitions import last_complete
from orchestrators import engines

pytestmark = pytest.mark.orchestrator
FOLDERS = ("partitions", "partitions_and_run_time", "partitions_of_keys")


def loaded(target: str, folder: Path) -> tuple[engines.Built, dict[str, Any]]:
    sources = [([CASES / name / "pipeline.yaml"], NO_PROJECT) for name in FOLDERS]
    built = engines.build(target, sources, folder / "out")
    request = built.job.target.load_request(built.job.out, engines.modules())
    script = built.job.target.probe("load")
    return built, probe.run(built.python(), script, request, timeout=300)


@pytest.mark.xdist_group("dagster")
def test_a_tick_of_dagster_asks_for_the_last_that_is_complete(tmp_path: Path) -> None:
    built, answer = loaded("dagster", tmp_path)
    schedules = {one["job"]: one for one in answer["schedules"]}
    seen = set()
    for pipeline in built.pipelines:
        schedule, partitions = schedules.get(pipeline.id), pipeline.partitions
        if schedule is None or partitions is None:
            continue
        for tick in schedule["ticks"]:
            assert tick["error"] is None, (pipeline.id, tick)
            asked = [run["partition"] for run in tick["runs"]]
            last = last_complete(partitions, datetime.fromisoformat(tick["time"]))
            if tick["skip"] is None:
                seen.add(pipeline.id)
                assert asked == (list(partitions.keys) or [last.key if last else None])
            # a run key is one for ever: no run may have that of another
            assert len({run["run_key"] for run in tick["runs"]}) == len(asked)
    assert {"by_day", "by_week", "by_tick", "by_region", "nominal_by_key"} <= seen


@pytest.mark.xdist_group("prefect")
def test_a_deployment_of_prefect_has_a_schedule_for_each_static_key(tmp_path: Path) -> None:
    _, answer = loaded("prefect", tmp_path)
    (found,) = (one for one in answer["pipelines"] if one["id"] == "by_region")
    (deployment,) = found["deployments"]
    given = [one["parameters"] for one in deployment["schedules"]]
    assert [one["partition"] for one in given] == ["eu", "us", "ap-south"]
    assert [one["size"] for one in given] == [3, 3, 3]
    slugs = [one["slug"] for one in deployment["schedules"]]
    assert slugs == ["cron-eu", "cron-us", "cron-ap-south"]
