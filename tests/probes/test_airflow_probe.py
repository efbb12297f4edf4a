"""The Airflow probes, inside the real Airflow of each supported version."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dagglot

# one worker for each orchestrator: its start takes longer than its runs
pytestmark = [pytest.mark.orchestrator, pytest.mark.xdist_group("airflow")]

PROBES = Path(dagglot.__file__).parent / "targets/airflow/probe"
DAGS = Path(__file__).parent / "data/airflow"
PYTHONS = {"3.3": "DAGGLOT_TEST_AIRFLOW_3_3", "2.11": "DAGGLOT_TEST_AIRFLOW_2_11"}
DATE = "2026-01-31T03:00:00+01:00"


@pytest.fixture(params=PYTHONS)
def version(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if PYTHONS[name] not in os.environ:
        pytest.skip(f"{PYTHONS[name]} does not name an interpreter")
    return name


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("airflow")


def probe(version: str, script: str, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    answer = folder / f"{script}-{version}.json"
    subprocess.run(
        [os.environ[PYTHONS[version]], PROBES / script, answer],
        input=json.dumps({"dags_folder": str(DAGS), **request}),
        text=True,
        check=True,
        timeout=240,
        env={
            **{name: value for name, value in os.environ.items() if "AIRFLOW__" not in name},
            "PROBE_PIDS": str(folder / f"pids-{version}"),
        },
    )
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


@cache
def loaded(version: str, folder: Path) -> dict[str, Any]:
    return probe(version, "load.py", {"files": ["shapes.py", "broken.py"]}, folder)


@cache
def ran(version: str, folder: Path, short_waits: bool = False) -> dict[str, Any]:
    """Every run, in one process as far as that lives: the third and the fourth end it."""
    runs: list[tuple[str, str, dict[str, Any], int]] = [
        ("shown", "values", {}, 60),
        ("refused", "values", {"limit": -1}, 60),
        ("dead", "exits", {}, 60),
        ("hung", "hangs", {}, 3),
        ("other", "values", {"limit": 2, "unknown": [1]}, 60),
        ("retried", "retried", {}, 60),
        ("timeouts", "timeouts", {}, 60),
        ("missing", "nobody", {}, 60),
        ("again", "values", {}, 60),
    ]
    if short_waits:
        runs = [("backoff", "backoff", {}, 60)]
    request = {
        "cache": str(folder / "cache"),
        "options": {"short_waits": short_waits},
        "runs": [
            {
                "key": key,
                "file": "outcomes.py",
                "dag_id": dag_id,
                "params": params,
                "logical_date": DATE if dag_id == "values" else None,
                "timeout": timeout,
            }
            for key, dag_id, params, timeout in runs
        ],
    }
    return probe(version, "run.py", request, folder)


def run_of(version: str, folder: Path, key: str) -> dict[str, Any]:
    runs: list[dict[str, Any]] = ran(version, folder)["runs"]
    [run] = [run for run in runs if run["key"] == key]
    return run


def outcomes(run: dict[str, Any]) -> dict[tuple[str, int | None], tuple[str, int, Any]]:
    return {
        (task["id"], task["index"]): (task["state"], task["attempts"], task["output"])
        for task in run["tasks"]
    }


def test_a_file_that_does_not_load_is_reported_with_its_reason(version: str, scratch: Path) -> None:
    [error] = loaded(version, scratch)["errors"]
    assert error["file"] == "broken.py"
    assert "no such mart" in error["message"]


def test_the_declaration_of_a_dag_is_read_back(version: str, scratch: Path) -> None:
    by_hand, declared = loaded(version, scratch)["pipelines"]
    assert declared["id"] == "declared"
    assert declared["description"] == "One line"
    assert declared["docs"] == "# More"
    assert declared["tags"] == ["daily", "sales"]
    assert declared["max_active_runs"] == 1
    assert declared["timeout"] == 3600
    assert declared["schedule"] == {
        "assets": None,
        "cron": "30 2 * * *",
        "crons": ["30 2 * * *"],
        "every": None,
        "timezone": "Europe/Madrid",
        "start": "2026-03-27T23:00:00+00:00",
        "end": "2026-03-29T10:00:00+00:00",
        "catchup": True,
        "paused_upon_creation": False,
        "timetable": "CronTriggerTimetable",
        "summary": "30 2 * * *",
    }
    assert declared["params"]["limit"]["default"] == 3
    assert declared["params"]["limit"]["schema"] == {"type": "integer", "minimum": 0}
    assert declared["params"]["region"]["default"] is None
    assert not declared["params"]["region"]["required"]
    assert by_hand["schedule"] is None
    assert by_hand["fire_times"]["times"] == []
    assert by_hand["params"]["name"]["required"]


def test_the_next_runs_are_those_of_the_scheduler(version: str, scratch: Path) -> None:
    declared = loaded(version, scratch)["pipelines"][1]
    # The clocks go forward at 02:00 on the 29th: Airflow fires where 02:30 would have been.
    assert declared["fire_times"]["times"] == [
        "2026-03-28T01:30:00+00:00",
        "2026-03-29T01:30:00+00:00",
    ]


def test_the_declaration_of_a_task_is_read_back(version: str, scratch: Path) -> None:
    extract, orders = loaded(version, scratch)["pipelines"][1]["tasks"]
    assert extract == {
        "id": "extract",
        "operator": "BashOperator",
        "mapped": False,
        "upstream": [],
        "trigger_rule": "all_success",
        "retries": 2,
        "retry_delay": 30,
        "retry_exponential_backoff": True,
        "max_retry_delay": 300,
        "retry_policy": None,
        "timeout": 600,
        "owner": "data-eng",
        "docs": "Reads",
        "env": {"LIMIT": "{{ params.limit }}"},
        "group": None,
        "pool": "default_pool",
        "pool_slots": 1,
        "priority": 5,
        "depends_on_past": False,
        "teardown": False,
        "inlets": [],
        "outlets": [],
        "on_failure": [],
        "on_success": [],
        "on_retry": [],
    }
    assert (orders["id"], orders["group"], orders["mapped"]) == ("load.orders", "load", True)
    assert (orders["upstream"], orders["trigger_rule"]) == (["extract"], "all_done")


def test_outputs_are_what_a_task_downstream_would_see(version: str, scratch: Path) -> None:
    run = run_of(version, scratch, "shown")
    assert run["error"] is None
    assert run["run"] == "success"
    moment = "2026-01-31T03:00:00+00:00"
    rich = {"pair": [1, 2], "day": "2026-01-31", "moment": moment, "set": [1, 2]}
    assert outcomes(run) == {
        ("numbers", None): ("success", 1, [0, 1, 2]),
        ("inverse", 0): ("failed", 1, None),
        ("inverse", 1): ("success", 1, 6),
        ("inverse", 2): ("success", 1, 3),
        ("rich", None): ("success", 1, rich),
    }


def test_refused_params_leave_no_task(version: str, scratch: Path) -> None:
    run = run_of(version, scratch, "refused")
    assert (run["run"], run["tasks"]) == ("failed", [])
    assert "-1 is less than the minimum of 0" in run["error"]


def test_the_end_of_the_process_is_a_failed_run_that_keeps_what_was_done(
    version: str, scratch: Path
) -> None:
    run = run_of(version, scratch, "dead")
    assert run["run"] == "failed"
    assert "exit status 0" in run["error"]
    assert outcomes(run) == {
        ("before", None): ("success", 1, 1),
        ("dies", None): ("failed", 1, None),
        ("behind", None): ("none", 0, None),
    }


def test_a_run_that_takes_too_long_is_ended_with_its_processes(version: str, scratch: Path) -> None:
    run = run_of(version, scratch, "hung")
    assert run["run"] == "failed"
    assert "not done after 3 s" in run["error"]
    assert outcomes(run) == {("sleeps", None): ("failed", 1, None)}
    # ours alone: other runs on this machine may have processes of the same name
    pid = int((scratch / f"pids-{version}").read_text())
    assert not Path(f"/proc/{pid}/cmdline").exists() or not is_ours(pid)


def is_ours(pid: int) -> bool:
    """Whether the process of a hung task still runs; what has ended may wait for its parent."""
    return b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_params_of_one_run_are_not_those_of_the_next(version: str, scratch: Path) -> None:
    assert outcomes(run_of(version, scratch, "other"))["numbers", None][2] == [0, 1]
    assert outcomes(run_of(version, scratch, "again"))["numbers", None][2] == [0, 1, 2]


def test_retries_wait_for_their_delay(version: str, scratch: Path) -> None:
    [task] = run_of(version, scratch, "retried")["tasks"]
    assert (task["state"], task["attempts"], task["output"]) == ("success", 3, 3)
    assert len(task["waits"]) == 2
    assert all(1 <= wait < 4 for wait in task["waits"])


def test_short_waits_say_what_airflow_would_have_waited(version: str, scratch: Path) -> None:
    answer = ran(version, scratch, short_waits=True)
    assert answer["options"] == {"short_waits": True}
    [run] = answer["runs"]
    assert run["seconds"] < 60
    [task] = run["tasks"]
    assert task["attempts"] == 4
    for number, wait in enumerate(task["waits"]):
        assert 100 * 2**number <= wait < 200 * 2**number


def test_a_timeout_is_one_tasks_failure_and_is_retried(version: str, scratch: Path) -> None:
    run = run_of(version, scratch, "timeouts")
    assert outcomes(run) == {
        ("shell", None): ("failed", 1, None),
        ("sleeps", None): ("failed", 2, None),
        ("swallows", None): ("failed", 1, None),
    }


def test_a_dag_that_is_not_there_is_named(version: str, scratch: Path) -> None:
    run = run_of(version, scratch, "missing")
    assert run["error"] == "outcomes.py has no DAG `nobody`"
    assert run["tasks"] == []


def test_what_only_airflow_3_has(scratch: Path) -> None:
    if PYTHONS["3.3"] not in os.environ:
        pytest.skip(f"{PYTHONS['3.3']} does not name an interpreter")
    runs: list[dict[str, Any]] = [
        {"key": dag_id, "file": "airflow_3.py", "dag_id": dag_id, "params": {}, "timeout": 60}
        for dag_id in ("late", "linear")
    ]
    options = {"short_waits": True}
    answer = probe("3.3", "run.py", {"options": options, "runs": runs}, scratch)
    late, linear = answer["runs"]
    assert late["run"] == "success"
    assert "deadline left out" in late["notes"][0]
    assert linear["tasks"][0]["waits"] == [7, 14]
