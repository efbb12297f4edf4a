"""What the real orchestrators see in the generated code is what the documents say."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from case_folders import TARGETS
from dagglot import seen
from dagglot.runtimes import probe
from dagglot.targets.prefect import deployment
from dagglot.targets.prefect.names import naming
from orchestrators import engines

GROUPS = [pytest.param(target, marks=pytest.mark.xdist_group(target)) for target in TARGETS]
pytestmark = pytest.mark.orchestrator


@pytest.mark.parametrize("target", GROUPS)
def test_everything_loads_and_is_what_it_says(target: str) -> None:
    built, answer = engines.everything(target), engines.loaded(target)
    assert not answer["errors"]
    found = [
        finding
        for pipeline in built.pipelines
        for finding in seen.compare(
            replace(built.job, context=built.contexts[pipeline.id]), (pipeline,), answer
        )
    ]
    assert not found, "\n".join(finding.message for finding in found)
    assert len(answer["pipelines"]) == len(built.pipelines) > 5


@pytest.mark.parametrize("target", GROUPS)
def test_everything_is_lint_clean(target: str) -> None:
    out = engines.everything(target).job.out
    for command in (
        ["format", "--check"],
        ["check", "--select", "E,F,W,I,UP,B", "--ignore", "E501"],
    ):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "88"]
        done = subprocess.run([*ruff, str(out)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.xdist_group("dagster")
def test_dagster_loads_the_location_by_its_name() -> None:
    """Dagster's own validator says "passed" having loaded nothing, so the name is asked for."""
    config = tomllib.loads((engines.everything("dagster").job.out / "pyproject.toml").read_text())
    assert (
        engines.loaded("dagster")["location"]
        == config["tool"]["dg"]["project"]["code_location_name"]
    )


def fact(schedule: dict[str, Any]) -> tuple[Any, ...]:
    """A schedule as it stands in the file, and as the server holds it: the same."""
    line = (schedule.get("cron"), schedule.get("day_or"), schedule.get("interval"))
    anchor = schedule.get("anchor_date")
    when = datetime.fromisoformat(anchor) if anchor else None
    return (*line, when, schedule["timezone"], schedule["active"], schedule["slug"])


@pytest.mark.xdist_group("prefect")
def test_prefect_deploys_what_the_documents_say() -> None:
    """`prefect deploy --all` on a server of its own, then read back from that server."""
    built = engines.everything("prefect")
    request = built.job.target.load_request(built.job.out, engines.modules())
    answer = probe.run(
        built.python(), built.job.target.probe("load"), {**request, "deploy": True}, timeout=400
    )
    assert not answer["errors"]
    deployed = {one["flow"]: one for one in answer["deployments"]}
    assert len(deployed) == len(built.pipelines)
    for pipeline in built.pipelines:
        one = deployed[built.job.target.names(pipeline, built.job.context).pipeline]
        written = deployment.schedules(pipeline, naming(pipeline))
        assert {fact(each) for each in one["schedules"]} == {fact(each) for each in written}
        assert set(pipeline.tags) <= set(one["tags"])
        assert one["description"].startswith(pipeline.description)
        assert one["enforce_parameter_schema"] is True
        assert one["paused"] is False
