"""Who is told what, without the programs around an orchestrator: `test_alerts` has those too.

Prefect's hooks are called in the process of the run. Dagster's sensors are asked as its daemon asks
them, between and after runs on one instance; what its daemon stops is not run here.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from case_folders import CASES
from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.stores import Stores
from dagglot.targets.dagster.lent import environment
from orchestrators import engines
from orchestrators.alerts import CHAT, HOOK, STOPPED, TOKEN, TOLD
from orchestrators.engines import Run
from services import HttpServer, MailServer
from services.http import Request

pytestmark = pytest.mark.orchestrator

RUNS: Mapping[str, tuple[str, ...]] = {
    "prefect": ("told_failed", "told_success", "told_late", "told_each", STOPPED),
    "dagster": ("told_failed", "told_success", "told_late", "told_each"),
}
ENDS = {
    "told_failed": "failed",
    "told_success": "success",
    "told_late": "success",
    "told_each": "failed",
    STOPPED: "failed",
}


def targets(*names: str) -> Any:
    return pytest.mark.parametrize(
        ("target", "pipeline"),
        [
            pytest.param(target, name, marks=pytest.mark.xdist_group(target))
            for target, runs in RUNS.items()
            for name in runs
            if name in names
        ],
    )


@dataclass(frozen=True)
class Heard:
    ends: Mapping[str, str]
    requests: tuple[Request, ...]
    mails: tuple[Any, ...]
    scratch: Path
    log: str
    canaries: tuple[str, ...]

    def hook(self, pipeline: str) -> list[dict[str, str]]:
        told = [json.loads(one.body) for one in self.requests if one.path == HOOK]
        return [one for one in told if one["pipeline"] == pipeline]

    def of(self, pipeline: str, task: str = "") -> dict[str, str]:
        (found,) = (one for one in self.hook(pipeline) if one["task"] == task)
        return found


@cache
def heard(target: str) -> Heard:
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-told-"))
    with HttpServer() as http, MailServer() as mail:
        secrets = {
            "slack_hook": f"{http.address}{CHAT}",
            "hook_url": f"{http.address}{HOOK}",
            "hook_token": TOKEN,
            "gone_url": "http://127.0.0.1:9/canary-gone-url",
        }
        server = {"type": "smtp", "host": "127.0.0.1", "port": mail.port}
        ends, log = RUN[target](scratch, Stores({"mail": server}, secrets))
        requests, mails = tuple(http.requests), tuple(mail.mails)
    return Heard(ends, requests, mails, scratch, log, tuple(secrets.values()))


def on_prefect(scratch: Path, stores: Stores) -> tuple[dict[str, str], str]:
    answers = engines.run("prefect", [Run(name) for name in RUNS["prefect"]], scratch, stores)
    ends = {name: one["run"] for name, one in answers.traces.items()}
    return ends, (scratch / "log").read_text(errors="replace")


def on_dagster(scratch: Path, stores: Stores) -> tuple[dict[str, str], str]:
    chosen = [([CASES / name / "pipeline.yaml"], NO_PROJECT) for name in RUNS["dagster"]]
    built = engines.build("dagster", chosen, scratch / "out")
    script = engines.HERE / "dagster_instance" / "told.py"
    done = subprocess.run(
        [built.python(), script, built.job.target.probe("run").parent, built.job.out],
        capture_output=True,
        text=True,
        timeout=600,
        env={
            **os.environ,
            **probe.environment(),
            **environment(stores),
            "BEHAVIOUR_DIR": str(scratch),
            "PYTHONPATH": str(engines.SOURCES),
        },
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    names = {"SUCCESS": "success", "FAILURE": "failed"}
    return {name: names[end] for name, end in said.items()}, done.stdout + done.stderr


RUN = {"prefect": on_prefect, "dagster": on_dagster}


@targets(*TOLD)
def test_everybody_is_told_once_and_no_state_changes(target: str, pipeline: str) -> None:
    found = heard(target)
    told = Counter((one["task"], one["state"]) for one in found.hook(pipeline))
    assert told == Counter(TOLD[pipeline])
    assert found.ends[pipeline] == ENDS[pipeline]


@targets(*TOLD)
def test_an_event_is_eight_texts(target: str, pipeline: str) -> None:
    events = heard(target).hook(pipeline)
    fields = {"pipeline", "task", "run_id", "state", "url", "error", "owner", "message"}
    assert all(set(one) == fields for one in events)
    assert all(isinstance(value, str) for one in events for value in one.values())
    assert len({one["run_id"] for one in events}) == 1


@targets("told_failed")
def test_a_failure_says_why(target: str, pipeline: str) -> None:
    found = heard(target)
    error = "RuntimeError: no way to https://***@db/x"
    flaky, run = found.of(pipeline, "flaky"), found.of(pipeline)
    assert (flaky["error"], flaky["owner"]) == (error, "ana")
    assert flaky["message"] == "told_failed: flaky failed"
    assert (run["error"], run["owner"]) == ("allowed, flaky", "data-team")
    chat = sorted(json.loads(one.body)["text"] for one in found.requests if one.path == CHAT)
    retry = f"flaky retrying (ana): {error}"
    assert chat == ["fine success (data-team): ", retry, retry]
    (mail,) = found.mails
    assert mail["subject"] == "told_failed failed"
    assert mail.get_content().strip() == "told_failed: failed"
    own = [json.loads(line) for line in (found.scratch / pipeline).read_text().splitlines()]
    assert sorted((one["task"], one["state"]) for one in own) == [
        ("allowed", "failed"),
        ("fine", "success"),
        ("flaky", "failed"),
        ("last", "success"),
    ]


@targets("told_each")
def test_instances_timeouts_and_params(target: str, pipeline: str) -> None:
    found = heard(target)
    assert found.of(pipeline, "each")["error"] == "ValueError: 2 is more than 1"
    assert found.of(pipeline, "each")["message"] == "told_each of orders: each failed"
    assert found.of(pipeline, "slow")["error"] == "timed out"
    assert found.of(pipeline)["error"] == "each, no_list, slow"


@targets(STOPPED)
def test_a_run_that_is_stopped_has_timed_out(target: str, pipeline: str) -> None:
    found = heard(target)
    assert found.of(pipeline)["error"] == "timed out"
    assert not (found.scratch / f"{pipeline}.end").exists()


@pytest.mark.parametrize(
    "target", [pytest.param(one, marks=pytest.mark.xdist_group(one)) for one in RUNS]
)
def test_no_log_has_an_address(target: str) -> None:
    found = heard(target)
    assert "failed: " in found.log
    assert not [one for one in found.canaries if one in found.log]
