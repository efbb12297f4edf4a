"""What Prefect makes of other programs' work, and of pools: they are replaced at their edge.

Docker is an engine that runs nothing; `dbt`, `papermill` and `spark-submit` are scripts on the path
that say what they were asked.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from case_folders import cases
from dagglot import trace
from dagglot.runtimes import probe
from dagglot.stores import Stores
from dagglot.targets.base import RunSpec
from orchestrators import engines
from services import DockerEngine

pytestmark = [pytest.mark.orchestrator, pytest.mark.xdist_group("prefect")]

CASES = ("kind_container_docker", "kind_dbt", "kind_notebook", "kind_spark", "pools")
PROGRAM = """#!/bin/sh
python3 -c '
import json, os, sys
print(json.dumps([*sys.argv[1:], os.environ.get("MODE")]))
' "$(basename "$0")" "$@" | tee -a "$BEHAVIOUR_DIR/asked"
"""


@dataclass(frozen=True)
class Found:
    """The tasks of each run by their ids; what the engine and the programs were asked."""

    tasks: Mapping[str, Mapping[str, dict[str, Any]]]
    docker: DockerEngine
    asked: list[list[str]]
    log: str


@cache
def found() -> Found:
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-work-"))
    programs = scratch / "bin"
    programs.mkdir()
    for name in ("dbt", "papermill", "spark-submit"):
        (programs / name).write_text(PROGRAM)
        (programs / name).chmod(0o755)
    chosen = [(case.paths, case.project()) for case in cases() if case.name in CASES]
    built = engines.build("prefect", chosen, scratch / "out")
    specs = [
        RunSpec(
            one.id,
            built.job.target.names(one, built.job.context),
            time="2026-10-24T06:30:00+00:00",
            timeout=engines.RUN_TIMEOUT,
        )
        for one in built.pipelines
    ]
    stores = Stores(
        {"cluster": {"type": "spark", "uri": "spark://cluster:7077"}}, {"api_token": "canary"}
    )
    with DockerEngine() as docker:
        request = built.job.target.run_request(built.job.out, [engines.SOURCES], specs, {}, stores)
        answer = probe.run(
            built.python(),
            built.job.target.probe("run"),
            request,
            timeout=600,
            env={
                **os.environ,
                **probe.environment(),
                "BEHAVIOUR_DIR": str(scratch),
                "DOCKER_HOST": docker.address,
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            },
            log=scratch / "log",
        )
    raw = {one["key"]: one for one in answer["runs"]}
    tasks = {}
    for spec in specs:
        told = trace.from_probe(raw[spec.key], spec.names, spec.key, "prefect")
        tasks[spec.key] = {
            one["id"] if one["index"] is None else f"{one['id']}[{one['index']}]": one
            for one in told["tasks"]
        }
    lines = (scratch / "asked").read_text().splitlines()
    log = (scratch / "log").read_text()
    return Found(tasks, docker, [json.loads(line) for line in lines], log)


def states(pipeline: str) -> dict[str, tuple[str, int]]:
    return {id: (one["state"], one["attempts"]) for id, one in found().tasks[pipeline].items()}


def test_containers_end_as_their_programs_do() -> None:
    assert states("kind_container_docker") == {
        "etl": ("success", 1),
        "each[0]": ("success", 1),
        "each[1]": ("success", 1),
        "fails": ("failed", 2),
        "slow": ("failed", 1),
    }


def test_docker_is_asked_for_what_the_pipeline_says() -> None:
    docker = found().docker
    (etl,) = [one for one in docker.created if one["Image"] == "ghcr.io/example/etl:1.4"]
    assert etl["Entrypoint"] == ["python", "-m", "etl"]
    assert etl["Cmd"] == ["--day", "2026-01-31", "{{ not jinja }}"]
    assert sorted(etl["Env"]) == ["MODE=append", "TOKEN=canary"]
    host = etl["HostConfig"]
    assert (host["NanoCpus"], host["Memory"]) == (500_000_000, 1 << 30)
    assert sorted(host["Binds"]) == ["/data:/data:ro", "/out:/out"]
    assert host["DeviceRequests"][0]["Count"] == 1
    plain = [one for one in docker.created if one["Image"] == "example/echo"]
    assert sorted(one["Cmd"] for one in plain) == [["a"], ["b"]]
    assert all(one.get("Entrypoint") is None for one in plain)


def test_no_container_is_left_behind_and_what_they_print_is_logged() -> None:
    docker = found().docker
    assert sorted(docker.removed) == sorted(f"c{number}" for number in range(len(docker.created)))
    assert docker.pulled
    assert "I am example/echo" in found().log
    assert "canary" not in found().log


def test_programs_get_their_arguments_as_written() -> None:
    by_first = {tuple(one[:2]): one for one in found().asked}
    assert by_first["dbt", "build"] == [
        *("dbt", "build", "--select", "staging", "+orders", "--exclude", "tag:slow"),
        *("--project-dir", "dbt", "--profiles-dir", "dbt", "--target", "dev"),
        *("--vars", '{"day":"2026-10-24","full":false}', "--fail-fast", None),
    ]
    assert by_first["dbt", "docs"][:3] == ["dbt", "docs", "generate"]
    assert by_first["papermill", "notebooks/report.ipynb"][2:] == [
        *("/tmp/dagglot-report.ipynb", "--parameters_yaml"),
        '{"day":"2026-10-24","rows":3,"names":["a","b"]}',
        None,
    ]
    spark = [one for one in found().asked if one[0] == "spark-submit"]
    assert [
        "spark-submit",
        *("--master", "spark://cluster:7077", "jobs/sales.py", "append"),
    ] in spark
    assert [
        *("spark-submit", "--master", "local[2]", "--conf", "spark.executor.memory=1g"),
        *("--conf", "spark.ui.enabled=false", "--packages", "org.postgresql:postgresql:42.7.4"),
        *("jobs/sales.py", "--day", "2026-10-24", None),
    ] in spark


def test_tasks_of_a_pool_run_and_retries_come_with_jitter() -> None:
    assert states("pools") == {
        "small": ("success", 1),
        "large": ("success", 1),
        "each[0]": ("success", 1),
        "each[1]": ("success", 1),
        "each[2]": ("success", 1),
        "jittered": ("success", 2),
    }
