"""Partitions that a target cannot have, and what their backfills cannot do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagglot import api, backfill, plan_jobs
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import Pipeline
from dagglot.project import NO_PROJECT
from dagglot.targets import registry
from dagglot.targets.base import Context

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def pipeline(head: str, folder: Path) -> Pipeline:
    document = folder / "p.yaml"
    task = 'tasks: {a: {type: shell, run: "echo", env: {KEY: "${{ partition.key }}"}}}\n'
    document.write_text(f"dagglot: 1\npipeline: p\n{head}\n{task}")
    (found,) = api.check([document], NO_PROJECT).pipelines
    return found


def refused(target: str, head: str, folder: Path) -> list[Diagnostic]:
    one = registry.get(target)
    return list(one.refusals(pipeline(head, folder), Context(one.versions[0])))


@pytest.mark.parametrize(
    ("zone", "kind", "count"),
    [
        ("Australia/Lord_Howe", "by: hour", 1),
        ("Australia/Lord_Howe", 'cron: "*/20 * * * *"', 1),
        ("Australia/Lord_Howe", "by: day", 0),
        ("Europe/Madrid", "by: hour", 0),
    ],
)
def test_dagster_loses_count_where_clocks_change_by_half_an_hour(
    zone: str, kind: str, count: int, tmp_path: Path
) -> None:
    head = f'partitions: {{{kind}, start: "2026-01-01", timezone: {zone}}}'
    assert len(refused("dagster", head, tmp_path)) == count


def test_a_param_of_prefect_cannot_be_called_like_the_partition(tmp_path: Path) -> None:
    params = "params: {partition: {default: x}}"
    (found,) = refused("prefect", f"partitions: {{keys: [eu]}}\n{params}", tmp_path)
    assert found.rule.code == "DG406"
    assert not refused("dagster", f"partitions: {{keys: [eu]}}\n{params}", tmp_path)


@pytest.mark.parametrize(
    ("target", "head", "asked", "said"),
    [
        (
            "dagster",
            'partitions: {keys: ["a,b"]}',
            backfill.Asked(keys=("a,b",)),
            "cannot name the partition `a,b`",
        ),
        (
            "dagster",
            "partitions: {keys: [eu]}\nparams: {size: {type: integer}}",
            backfill.Asked(keys=("eu",)),
            "gives its runs no params",
        ),
        (
            "airflow",
            'schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-05-01"}\n'
            'partitions: {by: day, start: "2026-01-01"}',
            backfill.Asked("2026-04-01", "2026-04-02"),
            "before the DAG's `start`",
        ),
    ],
)
def test_what_a_backfill_cannot_do(
    target: str, head: str, asked: backfill.Asked, said: str, tmp_path: Path
) -> None:
    (job,), _ = plan_jobs.jobs([target], tmp_path, NO_PROJECT)
    planned, found = backfill.plan(pipeline(head, tmp_path), job, asked, NOW)
    assert planned is None
    assert [said in one.message for one in found] == [True]
