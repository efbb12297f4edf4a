"""The cases of every kind of task, run with servers to talk to: what a target accepts of them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dagglot.stores import Stores
from dagglot.targets.base import Answer
from orchestrators import engines
from orchestrators.engines import Run
from services import DockerEngine, HttpServer, Kubernetes, MailServer, PostgresServer, tools
from services.http import Request
from services.kubernetes import Pod
from services.postgres import DATABASE, USER

TIME = "2026-10-24T06:30:00+00:00"
SECRETS: Mapping[str, str] = {
    # what is between braces no target may take for a template of its own
    "api_token": "canary-{{ ds }}-api-token",
    "ftp_password": "canary-ftp-password",
    "hook_token": "canary-hook-token",
    "pg_password": "canary-pg-password",
}
"""The secrets that are no address; `canaries` has all."""
ANSWERS = (("publish", Answer(True, "finance")), ("maybe", Answer(False, "bo")))


SERVICES = Path(__file__).parent.parent / "services"
TOOLS = ("dbt", "papermill", "spark-submit")
"""Commands that only write down how they were called."""
_TOOL = """#!/usr/bin/env python3
import json, os, sys
kept = {name: value for name, value in os.environ.items() if name.startswith(("DBT_", "MODE"))}
call = {"argv": sys.argv[1:], "cwd": os.getcwd(), "env": kept}
with open(os.environ["BEHAVIOUR_DIR"] + "/" + os.path.basename(sys.argv[0]) + ".calls", "a") as f:
    f.write(json.dumps(call) + "\\n")
"""


@dataclass(frozen=True)
class Told:
    """The traces of the runs by their keys, and what the servers were told meanwhile."""

    traces: Mapping[str, dict[str, Any]]
    raw: Mapping[str, dict[str, Any]]
    requests: tuple[Request, ...]
    mails: tuple[Any, ...]
    containers: tuple[dict[str, Any], ...]
    pods: tuple[Pod, ...]
    scratch: Path
    canaries: tuple[str, ...]
    out: Path

    def tasks(self, key: str) -> dict[str, dict[str, Any]]:
        """The tasks of a run; an instance as `task[0]`."""
        return {
            task["id"] if task["index"] is None else f"{task['id']}[{task['index']}]": task
            for task in self.traces[key]["tasks"]
        }

    def commands(self, tool: str) -> list[dict[str, Any]]:
        """What one of `TOOLS` was called with, in order."""
        lines = (self.scratch / f"{tool}.calls").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def states(self, key: str) -> dict[str, str]:
        return {id: task["state"] for id, task in self.tasks(key).items()}


@cache
def told(target: str) -> Told:
    """Every run below, one after another in one process of the orchestrator."""
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-kinds-"))
    (scratch / "ready-kind_sensor.csv").touch()
    commands = scratch / "bin"
    commands.mkdir()
    for name in TOOLS:
        (commands / name).write_text(_TOOL)
        (commands / name).chmod(0o755)
    for name in ("warehouse", "notebooks"):
        shutil.copytree(SERVICES / name, scratch / name)
    path = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    with (
        HttpServer() as http,
        MailServer() as mail,
        DockerEngine() as docker,
        Kubernetes() as kubernetes,
        PostgresServer(SECRETS["pg_password"]) as postgres,
    ):
        kubeconfig = kubernetes.kubeconfig(commands / "kubeconfig")
        variables = {**path, "DOCKER_HOST": docker.address, "KUBECONFIG": kubeconfig}
        stores = Stores(
            {**_connections(http, mail, scratch), **_databases(postgres, scratch)}, _secrets(http)
        )
        more = {"home": str(scratch / "home")} if target != "prefect" else {}
        runs = _runs(http, scratch)
        # a process for each step of Dagster's takes minutes; test_runs has what users have
        options = {"in_process": True, "console": True}
        answers = engines.run(target, runs, scratch, stores, variables, options, **more)
        return Told(
            answers.traces,
            answers.raw,
            tuple(http.requests),
            tuple(mail.mails),
            tuple(docker.created),
            tuple(kubernetes.pods),
            scratch,
            tuple(stores.secrets.values()),
            engines.everything(target).job.out,
        )


def _runs(http: HttpServer, scratch: Path) -> list[Run]:
    base = (("base", http.address),)
    real = (("path", f"{tools.environment() / 'bin'}{os.pathsep}{os.environ['PATH']}"),)
    return [
        Run("kind_sql", time=TIME),
        Run("checks", time=TIME),
        Run("assets", time=TIME),
        Run("kind_sql_postgres", time=TIME),
        Run("kind_sql_duckdb", time=TIME),
        Run("secrets", time=TIME),
        Run("kind_http", base, time=TIME),
        Run("kind_sensor", (*base, ("folder", str(scratch))), time=TIME),
        Run("kind_triggered", (("region", "emea"),), time=TIME),
        Run("kind_trigger_pipeline", time=TIME),
        Run("kind_notify", base, time=TIME),
        Run("pools_and_limits", time=TIME),
        Run("pools_of_one_slot", time=TIME),
        Run("kind_dbt", time=TIME),
        Run("kind_dbt_project", (*real, ("project", str(scratch / "warehouse"))), time=TIME),
        Run("kind_notebook", time=TIME),
        Run("kind_notebook_cells", (*real, ("folder", str(scratch / "notebooks"))), time=TIME),
        Run("kind_spark", time=TIME),
        Run("kind_container_docker", time=TIME),
        Run("kind_approval", time=TIME, answers=ANSWERS),
        Run("kind_container_kubernetes", time=TIME),
        Run("kubernetes_secrets", time=TIME),
    ]


def _secrets(http: HttpServer) -> dict[str, str]:
    addresses = {
        "slack_hook": f"{http.address}/echo/canary-slack-hook",
        "gone_url": "http://127.0.0.1:9/canary-gone-url",
        "hook_url": f"{http.address}/echo/canary-hook-url",
    }
    return {**SECRETS, **addresses}


def _connections(http: HttpServer, mail: MailServer, scratch: Path) -> dict[str, Mapping[str, Any]]:
    api = {"type": "http", "uri": http.address, "host": "127.0.0.1", "port": http.port}
    return {
        "warehouse": {"type": "sqlite", "database": str(scratch / "warehouse.db")},
        "api": {**api, "user": "ada", "password": "canary-api-password"},
        "cluster": {"type": "spark", "host": "spark://spark.example.com", "port": 7077},
        "mail": {"type": "smtp", "host": "127.0.0.1", "port": mail.port},
    }


def _databases(postgres: PostgresServer, scratch: Path) -> dict[str, Mapping[str, Any]]:
    server = {"type": "postgres", "host": "127.0.0.1", "port": postgres.port}
    ledger = {**server, "user": USER, "database": DATABASE, "password": postgres.password}
    return {
        "ledger": ledger,
        "locked": {**ledger, "password": "canary-no-password"},
        "lake": {"type": "duckdb", "database": str(scratch / "lake.duckdb")},
        "marts": {"type": "duckdb", "database": str(scratch / "warehouse/marts.duckdb")},
    }
