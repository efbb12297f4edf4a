"""Partitions on Airflow: what is refused, and what stands beside the DAG of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagglot import api, compile, plan_jobs
from dagglot.jobs import Options, Result
from dagglot.project import NO_PROJECT


def made(tmp_path: Path, *documents: str) -> Result:
    file = tmp_path / "pipelines.yaml"
    file.write_text("---\n".join(documents))
    (job,), found = plan_jobs.jobs(["airflow"], tmp_path / "out", NO_PROJECT)
    assert not found
    assert not any(one.is_error for one in api.check([file]).diagnostics)
    return compile.compile([file], [job], NO_PROJECT, Options())


def dag(result: Result, name: str) -> str:
    files = {path.name: text for plan in result.plans for path, text in plan.create.items()}
    return files[f"{name}_dag.py"]


DAILY = """
dagglot: 1
pipeline: daily
schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01"}
partitions: {by: day}
params: {%s: {type: string, default: x}}
tasks: {a: {type: shell, run: "echo ${{ partition.date }}"}}
"""
BY_KEY = """
dagglot: 1
pipeline: by_key
schedule: {cron: "0 3 * * *", timezone: UTC, enabled: %s}
partitions: {keys: ["{{ x }}", eu]}
tasks: {a: {type: python, call: "a.b:c", args: {key: "${{ partition.key }}"}}}
"""
CALLED_SO = """
dagglot: 1
pipeline: by_key.schedule
tasks: {a: {type: noop}}
"""


def test_the_param_that_names_a_partition_is_airflows(tmp_path: Path) -> None:
    result = made(tmp_path, DAILY % "partition")
    assert [one.rule.code for one in result.diagnostics] == ["DG401"]
    assert "a param `partition` beside `partitions`" in result.diagnostics[0].message
    assert not made(tmp_path, DAILY % "partitions").failed


def test_no_pipeline_is_called_as_what_starts_the_runs_of_another(tmp_path: Path) -> None:
    assert made(tmp_path, BY_KEY % "true", CALLED_SO).failed
    assert not made(tmp_path, BY_KEY % "false", CALLED_SO).failed


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_schedule_that_is_switched_off_starts_no_runs(tmp_path: Path, enabled: str) -> None:
    text = dag(made(tmp_path, BY_KEY % enabled), "by_key")
    assert ("TriggerDagRunOperator" in text) is (enabled == "true")
    assert ("runs start by hand" in text) is (enabled == "false")


def test_braces_of_a_key_are_no_template(tmp_path: Path) -> None:
    text = dag(made(tmp_path, BY_KEY % "true"), "by_key")
    assert 'StaticPartitions(["{{ x }}", "eu"])' in text
    assert '{"partition": "{{ \'{\' }}{ x }}"}' in text
