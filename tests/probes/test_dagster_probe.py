"""The Dagster probes on a hand-written project: what they see, how each kind of end is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import dagglot
from dagglot.runtimes import ProbeFailed, probe

PYTHON = os.environ.get("DAGGLOT_TEST_DAGSTER_1_13", "")
PROBES = Path(dagglot.__file__).parent / "targets" / "dagster" / "probe"
DATA = Path(__file__).parent / "data" / "dagster"
PROJECT = DATA / "project"
TIMED_OUT = "pipeline_helpers.TaskTimeoutError: timed out after"

pytestmark = [
    pytest.mark.orchestrator,
    pytest.mark.xdist_group("dagster"),
    pytest.mark.skipif(not PYTHON, reason="DAGGLOT_TEST_DAGSTER_1_13 names no interpreter"),
]


def load(root: Path, **options: Any) -> dict[str, Any]:
    return probe.run(Path(PYTHON), PROBES / "load.py", {"root": str(root), **options}, timeout=120)


def execute(
    runs: list[dict[str, Any]], options: Mapping[str, Any], folder: Path
) -> dict[str, dict[str, Any]]:
    request = {
        "root": str(PROJECT),
        "python_path": [str(DATA / "user")],
        "options": dict(options),
        "runs": runs,
    }
    answer = probe.run(
        Path(PYTHON),
        PROBES / "run.py",
        request,
        timeout=400,
        env={"PROBE_PIDS": str(folder / "pids")},
    )
    assert answer["version"].startswith("1.13.")
    assert answer["options"].items() >= dict(options).items()
    return {run["key"]: run for run in answer["runs"]}


def states(run: dict[str, Any]) -> dict[str, str]:
    def name(task: dict[str, Any]) -> str:
        return str(task["id"]) + ("" if task["index"] is None else f"[{task['index']}]")

    return {name(task): task["state"] for task in run["tasks"]}


def only(run: dict[str, Any]) -> dict[str, Any]:
    [task] = run["tasks"]
    assert isinstance(task, dict)
    return task


# -- load


@pytest.fixture(scope="module")
def loaded() -> dict[str, Any]:
    return load(PROJECT, ticks=3, **{"from": "2026-01-01T00:00:00+00:00"})


def test_load_finds_the_location_as_dagster_dev_does(loaded: dict[str, Any]) -> None:
    assert loaded["errors"] == []
    assert loaded["location"] == "probes"
    assert {job["id"] for job in loaded["pipelines"]} >= {"flow", "rules", "params", "body_fine"}


def test_load_shows_a_job(loaded: dict[str, Any]) -> None:
    [job] = [job for job in loaded["pipelines"] if job["id"] == "params"]
    assert job["description"] == "Shows its params."
    assert job["tags"] == {"team": "a b"} and job["owners"] == ["team:data"]
    assert job["metadata"] == {"source": "params.yaml"}
    params = job["params"]
    assert params["rows"] == {
        "type": "Int",
        "required": True,
        "default": None,
        "description": "How many.",
    }
    assert params["region"]["type"] == "enum[eu, us]" and params["region"]["default"] == "eu"
    [task] = job["tasks"]
    assert (task["id"], task["definition"]) == ("show", "params__show")
    assert task["description"] == "What arrived."
    assert (task["retries"], task["retry_delay"], task["backoff"]) == (2, 60, None)
    assert task["pool"] == "warehouse" and task["tags"] == {"team": "a"}


def test_load_shows_edges_also_through_graphs_and_fan_out(loaded: dict[str, Any]) -> None:
    [job] = [job for job in loaded["pipelines"] if job["id"] == "flow"]
    tasks = {task["id"]: task for task in job["tasks"]}
    assert tasks["inner.once"]["upstream"] == ["five"]
    assert tasks["last"]["upstream"] == ["inner.twice"]
    assert tasks["closed"]["upstream"] == ["gate"]
    assert set(tasks["total"]["upstream"]) == {"divide", "items"}
    assert tasks["divide"]["mapped"] and not tasks["total"]["mapped"]


def test_load_asks_schedules_for_their_ticks(loaded: dict[str, Any]) -> None:
    [job] = [job for job in loaded["pipelines"] if job["id"] == "params"]
    schedule = job["schedule"]
    assert loaded["schedules"] == [schedule]
    assert (schedule["cron"], schedule["timezone"]) == ("0 3 * * *", "Europe/Madrid")
    assert schedule["status"] == "running"
    first, second, third = schedule["ticks"]
    assert job["fire_times"] == {
        "since": "2026-01-01T00:00:00+00:00",
        "until": third["time"],
        "times": [second["time"], third["time"]],
    }
    assert first["time"] == "2026-01-01T03:00:00+01:00" and first["skip"] == "before the start"
    assert first["runs"] == []
    assert [tick["runs"][0]["run_config"] for tick in (second, third)] == [
        {"resources": {"params": {"config": {"rows": 3}}}}
    ] * 2


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, ["finds nothing to load"]),
        # `dagster definitions validate` calls this one valid, having loaded nothing.
        ({"pyproject.toml": '[tool.dagster]\npython_file = "defs.py"\n'}, ["0 code locations"]),
        (
            {
                "pyproject.toml": '[tool.dagster]\nmodule_name = "definitions"\n',
                "definitions.py": "import missing_module\n",
            },
            ["missing_module"],
        ),
        (
            {
                "pyproject.toml": '[tool.dagster]\nmodule_name = "definitions"\n',
                "definitions.py": """
import dagster as dg
def make(name):
    @dg.op(name="same")
    def one(): ...
    @dg.job(name=name)
    def two(): one()
    return two
defs = dg.Definitions(jobs=[make("a"), make("b")])
""",
            },
            ["same", "onflicting definitions"],
        ),
    ],
)
def test_load_reports_what_is_wrong(
    tmp_path: Path, files: dict[str, str], words: list[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    answer = load(tmp_path)
    [error] = answer["errors"]
    assert all(word in error for word in words), error
    assert answer["pipelines"] == []


# -- run

BODIES = ["exits", "exits_bare", "odd", "sleeps", "spins", "hangs", "shell_hangs", "dies", "fine"]
RUNS: list[dict[str, Any]] = [
    *({"key": body, "job": f"body_{body}", "timeout": 60} for body in BODIES),
    {"key": "flaky", "job": "body_flaky"},
    {"key": "flow", "job": "flow"},
    {"key": "rules", "job": "rules"},
    {"key": "params", "job": "params", "params": {"rows": 7}, "tags": {"asked": "yes"}},
    {
        "key": "config",
        "job": "params",
        "run_config": {
            "resources": {"params": {"config": {"rows": 1, "region": "us"}}},
            "execution": {"config": {"in_process": {}}},
        },
    },
    {"key": "missing", "job": "params"},
    {"key": "bound", "job": "params", "params": {"rows": -1}},
    {"key": "enum", "job": "params", "params": {"rows": 1, "region": "mars"}},
    {"key": "type", "job": "params", "params": {"rows": "1"}},
    {"key": "unknown", "job": "params", "params": {"rows": 1, "row": 1}},
    {"key": "no_such_job", "job": "nowhere"},
]
for _run in RUNS:
    if _run["key"] == "hangs":
        _run["timeout"] = 6


@pytest.fixture(scope="module", params=[False, True], ids=["multiprocess", "in_process"])
def in_process(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def runs(in_process: bool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("probe")
    answers = execute(RUNS, {"in_process": in_process, "short_waits": False}, folder)
    answers["pids"] = {"shell": int((folder / "pids").read_text())}
    return answers


def test_every_run_is_answered(runs: dict[str, dict[str, Any]]) -> None:
    assert set(runs) == {run["key"] for run in RUNS} | {"pids"}


def test_a_good_run(runs: dict[str, dict[str, Any]]) -> None:
    run, task = runs["fine"], only(runs["fine"])
    assert (run["run"], run["error"]) == ("success", None)
    assert task["state"] == "success" and task["attempts"] == 1
    assert task["output"] == {"rows": [1, 2, 3]}
    assert task["started"] < task["ended"]


def test_retries_and_their_waits(runs: dict[str, dict[str, Any]]) -> None:
    task = only(runs["flaky"])
    assert (task["state"], task["attempts"], task["output"]) == ("success", 3, 2)
    # Dagster's exponential is (2^k - 1) * delay.
    assert task["waits"] == pytest.approx([0.2, 0.6])


def test_sys_exit_fails_and_is_retried_only_when_it_is_made_an_exception(
    runs: dict[str, dict[str, Any]],
) -> None:
    assert (only(runs["exits"])["state"], only(runs["exits"])["attempts"]) == ("failed", 2)
    assert "exited with 0" in only(runs["exits"])["error"]
    assert (only(runs["exits_bare"])["state"], only(runs["exits_bare"])["attempts"]) == (
        "failed",
        1,
    )


def test_a_time_limit_interrupts_and_is_retried(runs: dict[str, dict[str, Any]]) -> None:
    assert (only(runs["sleeps"])["state"], only(runs["sleeps"])["attempts"]) == ("failed", 2)
    for key in ("sleeps", "spins", "shell_hangs"):
        assert only(runs[key])["error"].startswith(TIMED_OUT)


def test_a_shell_and_its_children_die_at_the_time_limit(runs: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(ProcessLookupError):
        os.killpg(runs["pids"]["shell"], 0)


def test_an_exception_that_cannot_be_pickled(runs: dict[str, dict[str, Any]]) -> None:
    task = only(runs["odd"])
    assert task["state"] == "failed" and "UnpicklableError" in task["error"]


def test_a_run_that_hangs_is_ended_and_what_follows_runs(runs: dict[str, dict[str, Any]]) -> None:
    assert runs["hangs"]["run"] == "failed"
    assert "still running after 6 s" in runs["hangs"]["error"]
    assert only(runs["hangs"])["state"] == "failed"
    assert runs["fine"]["run"] == "success"


def test_a_process_that_dies(runs: dict[str, dict[str, Any]], in_process: bool) -> None:
    task = only(runs["dies"])
    assert (runs["dies"]["run"], task["state"]) == ("failed", "failed")
    # Each op has its own process under the multiprocess executor, where a crash is retried.
    assert task["attempts"] == (1 if in_process else 2)


def test_failure_gate_and_fan_out(runs: dict[str, dict[str, Any]]) -> None:
    assert runs["flow"]["run"] == "failed"
    assert states(runs["flow"]) == {
        "closed": "skipped",
        "divide[0]": "failed",
        "divide[3]": "success",
        "divide[5]": "success",
        "empty": "skipped",
        "five": "success",
        "gate": "success",
        "inner.once": "success",
        "inner.twice": "success",
        "items": "success",
        "last": "success",
        "none": "success",
        "nothing": "success",
        "total": "upstream_failed",
    }
    tasks = {(task["id"], task["index"]): task for task in runs["flow"]["tasks"]}
    assert tasks["items", None]["output"] == [3, 0, 5]
    assert tasks["divide", 5]["output"] == 3.0
    assert tasks["nothing", None]["output"] == 0
    assert tasks["gate", None]["missing"] == ["result"]
    assert tasks["total", None]["attempts"] == 0


def test_outcomes_tell_states_that_dagster_cannot(runs: dict[str, dict[str, Any]]) -> None:
    assert states(runs["rules"]) == {
        "blocked": "upstream_failed",
        "cleanup": "success",
        "fails": "failed",
        "skips": "skipped",
    }
    tasks = {task["id"]: task for task in runs["rules"]["tasks"]}
    assert tasks["cleanup"]["output"] == "upstream_failed"
    assert tasks["blocked"]["attempts"] == 0


def test_params_arrive(runs: dict[str, dict[str, Any]]) -> None:
    output = only(runs["params"])["output"]
    assert (output["rows"], output["region"], output["asked"]) == (7, "eu", "yes")
    assert only(runs["config"])["output"]["region"] == "us"


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("missing", "Missing required config entry"),
        ("bound", "greater than or equal to 0"),
        ("enum", "mars"),
        ("type", "Invalid scalar"),
        ("unknown", "unexpected config entry"),
        ("no_such_job", "nowhere"),
    ],
)
def test_a_refused_launch_has_no_tasks(
    runs: dict[str, dict[str, Any]], key: str, word: str
) -> None:
    assert (runs[key]["run"], runs[key]["tasks"]) == ("failed", [])
    assert word in runs[key]["error"]


def test_short_waits_are_echoed_and_keep_what_was_decided(tmp_path: Path) -> None:
    [run] = execute(
        [{"key": "flaky", "job": "body_flaky"}],
        {"in_process": True, "short_waits": True},
        tmp_path,
    ).values()
    assert only(run)["waits"] == pytest.approx([0.2, 0.6])
    assert run["seconds"] is not None


def test_a_project_that_does_not_load_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="finds nothing to load"):
        probe.run(
            Path(PYTHON),
            PROBES / "run.py",
            {"root": str(tmp_path), "runs": [{"key": "a", "job": "b"}]},
            timeout=60,
        )
