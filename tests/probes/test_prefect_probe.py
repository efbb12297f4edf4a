"""The probes of the Prefect target, on hand-written flows and the real Prefect."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PROBES = Path(__file__).parents[2] / "compiler/dagglot/targets/prefect/probe"
PROJECT = Path(__file__).parent / "data/prefect"
PYTHON = os.environ.get("DAGGLOT_TEST_PREFECT_3_8")
FLOW = "flows/basic_flow.py"

pytestmark = [
    pytest.mark.orchestrator,
    pytest.mark.xdist_group("prefect"),
    pytest.mark.skipif(not PYTHON, reason="DAGGLOT_TEST_PREFECT_3_8 names no interpreter"),
]


def ask(probe: str, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    answer = folder / f"{probe}.json"
    done = subprocess.run(
        [str(PYTHON), str(PROBES / f"{probe}.py"), str(answer)],
        input=json.dumps({"python_path": [str(PROJECT / "src")], **request}),
        text=True,
        timeout=300,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


SCENARIOS: dict[str, dict[str, Any]] = {
    "plain": {},
    "exhausted": {
        "params": {"failures": 5},
        "scheduled_time": "2024-01-01T03:00:00+01:00",
    },
    "too large": {"params": {"n": 9}},
    "not an integer": {"params": {"n": "3"}},
    "unknown param": {"params": {"nope": 1}},
    "dies": {"params": {"how": "die"}},
    "hangs": {"params": {"how": "hang"}, "timeout": 5},
    "exits": {"params": {"how": "exit"}},
    "no file": {"file": "flows/missing.py"},
    "after all that": {"params": {"how": "set", "day": "2024-02-03"}},
}


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Any]:
    runs = [{"key": key, "file": FLOW, "flow": "basic", **run} for key, run in SCENARIOS.items()]
    request = {
        "root": str(PROJECT),
        "cache": str(cache),
        "options": {"heartbeat": False},
        "runs": runs,
    }
    return ask("run", request, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def runs(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {run["key"]: run for run in answer["runs"]}


def tasks(run: dict[str, Any], field: str) -> dict[str, Any]:
    return {
        task["id"] if task["index"] is None else f"{task['id']}[{task['index']}]": task[field]
        for task in run["tasks"]
    }


def test_every_run_is_answered_in_order(answer: dict[str, Any]) -> None:
    assert [run["key"] for run in answer["runs"]] == list(SCENARIOS)
    assert answer["options"] == {"heartbeat": False, "short_waits": False}
    assert answer["version"].startswith("3.")


def test_a_run_that_succeeds(runs: dict[str, dict[str, Any]]) -> None:
    run = runs["plain"]
    assert (run["run"], run["state"], run["error"]) == ("success", "Completed", None)
    assert tasks(run, "state") == {
        "bad_exit": "success",
        "extract": "success",
        "grp.flaky": "success",
        "last": "success",
        "part[0]": "success",
        "part[1]": "success",
        "scheduled-at": "success",
        "skipped": "skipped",
    }
    outputs = tasks(run, "output")
    assert outputs.pop("scheduled-at")[:2] == "20"
    assert outputs == {
        "bad_exit": "ok",
        "extract": [0, 1, 2],
        "grp.flaky": 3,
        "last": 42,
        "part[0]": {"item": 10},
        "part[1]": {"item": 20},
        "skipped": None,
    }
    assert tasks(run, "upstream")["bad_exit"] == ["grp.flaky", "skipped"]
    assert tasks(run, "attempts")["grp.flaky"] == 2


def test_retries_that_run_out_and_what_lies_below(runs: dict[str, dict[str, Any]]) -> None:
    run = runs["exhausted"]
    assert (run["run"], run["state"]) == ("failed", "Failed")
    states = tasks(run, "state")
    assert (states["grp.flaky"], states["bad_exit"], states["last"]) == (
        "failed",
        "upstream_failed",
        "upstream_failed",
    )
    assert tasks(run, "attempts")["grp.flaky"] == 3
    assert tasks(run, "attempts")["last"] == 0
    first, second = tasks(run, "waits")["grp.flaky"]
    # of 0.3 s and 0.6 s; Prefect counts from a little before the attempt was over
    assert first >= 0.25
    assert second >= 0.55


def test_a_scheduled_time_is_seen_by_the_flow(runs: dict[str, dict[str, Any]]) -> None:
    seen = tasks(runs["exhausted"], "output")["scheduled-at"]
    assert seen == "2024-01-01T02:00:00+00:00"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("too large", "less than or equal to 5"),
        ("not an integer", "valid integer"),
        ("unknown param", "nope"),
        ("no file", "No such file"),
    ],
)
def test_a_run_that_is_refused(runs: dict[str, dict[str, Any]], key: str, words: str) -> None:
    assert (runs[key]["run"], runs[key]["tasks"]) == ("failed", [])
    assert words in runs[key]["error"]


def test_a_task_that_kills_the_process_loses_nothing(runs: dict[str, dict[str, Any]]) -> None:
    assert runs["dies"]["error"] == "the process died: exit code 7"
    states = tasks(runs["dies"], "state")
    assert (states["extract"], states["grp.flaky"]) == ("success", "success")
    assert (states["bad_exit"], states["last"]) == ("crashed", "not_run")


def test_a_run_that_hangs_is_killed(runs: dict[str, dict[str, Any]]) -> None:
    assert runs["hangs"]["error"] == "the run was killed after 5 s"
    assert 5 <= runs["hangs"]["seconds"] < 20
    assert tasks(runs["hangs"], "state")["bad_exit"] == "crashed"


def test_sys_exit_shows_as_prefect_takes_it(runs: dict[str, dict[str, Any]]) -> None:
    assert (runs["exits"]["run"], runs["exits"]["state"]) == ("failed", "Crashed")
    assert tasks(runs["exits"], "state")["last"] == "crashed"


def test_an_output_that_is_not_json(runs: dict[str, dict[str, Any]]) -> None:
    run = runs["after all that"]
    assert run["run"] == "success"
    assert tasks(run, "output")["bad_exit"] is None
    assert "set" in tasks(run, "output_error")["bad_exit"]


def test_short_waits(tmp_path: Path, cache: Path) -> None:
    options = {"short_waits": True, "heartbeat": False}
    run = {"key": 1, "file": FLOW, "flow": "basic", "params": {"failures": 2}}
    request = {"root": str(PROJECT), "cache": str(cache), "options": options, "runs": [run]}
    found = ask("run", request, tmp_path)
    assert found["options"] == options
    _, second = tasks(found["runs"][0], "waits")["grp.flaky"]
    assert second < 0.55  # written: 0.6 s


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Any]:
    request = {
        "root": str(PROJECT),
        "files": [FLOW, "flows/missing.py"],
        "deploy": True,
        "cache": str(cache),
    }
    return ask("load", request, tmp_path_factory.mktemp("load"))


def test_what_a_flow_is(loaded: dict[str, Any]) -> None:
    (pipeline,) = loaded["pipelines"]
    assert (pipeline["id"], pipeline["file"], pipeline["function"]) == ("basic", FLOW, "basic")
    assert pipeline["description"] == "Flow's own description."
    assert pipeline["params"]["n"] == {
        "schema": {
            "default": 3,
            "description": "How many rows.",
            "maximum": 5,
            "minimum": 0,
            "title": "n",
            "type": "integer",
        },
        "default": 3,
        "required": False,
    }
    assert [error["file"] for error in loaded["errors"]] == ["flows/missing.py"]


def test_the_graph_is_what_the_flow_submits(loaded: dict[str, Any]) -> None:
    (pipeline,) = loaded["pipelines"]
    assert pipeline["graph_error"] is None
    assert {task["id"]: task["upstream"] for task in pipeline["tasks"]} == {
        "extract": [],
        "grp.flaky": ["extract"],
        "skipped": ["extract"],
        "part": ["extract"],
        "scheduled-at": [],
        "bad_exit": ["grp.flaky", "skipped"],
        "last": ["bad_exit"],
    }
    flaky = next(task for task in pipeline["tasks"] if task["id"] == "grp.flaky")
    assert (flaky["retries"], flaky["retry_delays"]) == (2, [0.3, 0.6])


def test_what_a_server_holds_after_a_deploy(loaded: dict[str, Any]) -> None:
    (deployment,) = loaded["deployments"]
    expected = {
        "flow": "basic",
        "name": "basic",
        "entrypoint": "flows/basic_flow.py:basic",
        "description": "Every {{ night }}",
        "parameters": {"n": 2},
        "tags": ["io", "nightly"],
        "paused": False,
        "enforce_parameter_schema": True,
        "work_pool": "default",
        "concurrency_limit": 1,
        "schedules": [
            {
                "cron": "0 3 * * *",
                "timezone": "Europe/Madrid",
                "day_or": True,
                "active": True,
                "parameters": {"n": 4},
                "slug": "nightly",
            }
        ],
    }
    assert {key: deployment[key] for key in expected} == expected


@pytest.mark.parametrize("deploy", [False, True])
def test_what_prefect_drops_is_an_error(tmp_path: Path, cache: Path, deploy: bool) -> None:
    shutil.copytree(PROJECT / "flows", tmp_path / "flows")
    entry = {
        "name": "basic",
        "entrypoint": "flows/basic_flow.py:basic",
        "work_pool": {"name": "p"},
        "descripton": "typo",
        "tags": ["kept", "lost {{ here }}"],
    }
    (tmp_path / "prefect.yaml").write_text(json.dumps({"deployments": [entry]}))
    request = {"root": str(tmp_path), "files": [], "deploy": deploy, "cache": str(cache)}
    found = ask("load", request, tmp_path)
    messages = [error["message"] for error in found["errors"]]
    assert messages[0] == "Prefect ignores `deployments[0].descripton`"
    assert len(messages) == (2 if deploy else 1)
    if deploy:
        assert "`tags` is ['kept', 'lost ']" in messages[1]
