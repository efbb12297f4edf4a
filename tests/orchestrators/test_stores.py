"""`verify --stores` asks a real Airflow, Prefect and Dagster for what they keep."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from case_folders import TARGETS
from dagglot import plan_jobs, runner
from dagglot.jobs import Job
from dagglot.project import NO_PROJECT
from dagglot.runtimes import environments, probe

pytestmark = pytest.mark.orchestrator
GROUPS = [pytest.param(target, marks=pytest.mark.xdist_group(target)) for target in TARGETS]
SCRIPTS = Path(__file__).parent / "stores"
NEEDS = """
dagglot: 1
pipeline: needs
connections: {api: {type: http}, db: {type: http}}
concurrency: {max_active_runs: 1}
tasks:
  a: {type: http, connection: api, path: /, pool: narrow, headers: {T: "${{ secrets.token }}"}}
  b: {type: http, connection: db, path: /, pool: wide}
"""
LACKS = {
    "airflow": ["connection `db`", "variable `token`", "pool `wide`"],
    "prefect": ["secret `db`", "secret `token`", "limit `wide`", "work pool `default`"],
    "dagster": [
        "environment variable `DB_URI`",
        "environment variable `TOKEN`",
        "pool limit `wide`",
    ],
}


def asked(target: str, folder: Path) -> tuple[Job, list[str]]:
    """The job, and the findings of asking for what `NEEDS` needs."""
    (job,), found = plan_jobs.jobs([target], folder / "out", NO_PROJECT)
    assert not found
    document = folder / "needs.yaml"
    document.write_text(NEEDS)
    count, findings, _ = runner.missing([document], job, NO_PROJECT, runner.Where())
    assert count
    return job, [f"{one.rule.code} {one.message}" for one in findings if one.is_error]


@contextmanager
def there(target: str, folder: Path) -> Iterator[dict[str, str]]:
    """The settings that point to an orchestrator which has the connection and one of the pools."""
    name, _, version = target.partition("@")
    (job,), _ = plan_jobs.jobs([target], folder, NO_PROJECT)
    runtime = environments.resolve(name, version or job.version)
    assert runtime is not None
    python = environments.ensure(runtime)
    probes = job.target.probe("run").parent
    if name == "dagster":
        limit = {"key": "max_active_runs", "value": "needs", "limit": 1}
        runs = {"tag_concurrency_limits": [limit]}
        (folder / "dagster.yaml").write_text(yaml.safe_dump({"concurrency": {"runs": runs}}))
        settings = {"DAGSTER_HOME": str(folder), "API_URI": "http://localhost"}
        words = ["-m", "dagster", "instance", "concurrency", "set", "narrow", "1"]
        environment = {**probe.environment(), **settings}
        subprocess.run([python, *words], check=True, capture_output=True, env=environment)
        yield settings
    elif name == "airflow":
        done = subprocess.run(
            [python, SCRIPTS / "keep_airflow.py", probes, folder, pools_file(target, folder)],
            check=True,
            capture_output=True,
            text=True,
            env=probe.environment(),
        )
        yield json.loads(done.stdout.splitlines()[-1])
    else:
        with subprocess.Popen(
            [python, SCRIPTS / "keep_prefect.py", probes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=probe.environment(),
        ) as server:
            assert server.stdout is not None
            yield json.loads(server.stdout.readline())


def pools_file(target: str, folder: Path) -> Path:
    """What a compile makes for `airflow pools import` where the project says a size."""
    (folder / "needs.yaml").write_text(NEEDS)
    (folder / "dagglot.yaml").write_text("{dagglot: 1, project: p, pools: {narrow: 1, other: 2}}")
    words = ["compile", "needs.yaml", "-t", target, "-o", "made"]
    subprocess.run([sys.executable, "-m", "dagglot", *words], check=True, cwd=folder)
    return folder / "made/airflow/pools.json"


@pytest.mark.parametrize("target", GROUPS)
def test_what_an_orchestrator_lacks(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = target.partition("@")[0]
    with there(target, tmp_path) as settings:
        for variable, value in settings.items():
            monkeypatch.setenv(variable, value)
        job, found = asked(target, tmp_path)
    wanted: list[Any] = [
        (what, found) for what in LACKS[name] if not any(f" {what}," in one for one in found)
    ]
    assert not wanted
    assert len(found) == len(LACKS[name])
    assert all(one.startswith(f"DG520 {job.target.title} {job.version}") for one in found)


@pytest.mark.parametrize("target", GROUPS)
def test_nobody_to_ask(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    for variable in ("PREFECT_API_URL", "DAGSTER_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    _, found = asked(target, tmp_path)
    assert sum(one.startswith("DG521") for one in found) == 1, found
