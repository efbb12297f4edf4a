"""`dagglot parity`: what traces have in common, from files and from (fake and real) runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dagglot import parity, replays, runner
from dagglot.ir.model import Pipeline
from front_tools import Space

Task = tuple[str, int | None, str, int, Any]
SAME: tuple[Task, ...] = (
    ("extract", None, "success", 1, {"rows": 3, "ok": True}),
    ("load", 0, "failed", 3, None),
    ("load", 1, "success", 1, 7),
    ("report", None, "skipped", 0, None),
)


def trace(target: str, tasks: Sequence[Task] = SAME, run: str = "failed") -> dict[str, Any]:
    keys = ("id", "index", "state", "attempts", "output")
    return {
        "dagglot_trace": 1,
        "pipeline": "orders",
        "target": target,
        "run": run,
        "tasks": [dict(zip(keys, task, strict=True)) for task in tasks],
    }


def with_task(*task: Any) -> tuple[Task, ...]:
    """The same tasks, one of them otherwise."""
    return tuple(task if one[:2] == task[:2] else one for one in SAME)  # type: ignore[misc]


def compared(one: Mapping[str, Any], other: Mapping[str, Any]) -> parity.Parity:
    return parity.compare("orders", [one["target"], other["target"]], [one, other])


# --- verdicts ------------------------------------------------------------------------------------


def test_equal() -> None:
    found = compared(trace("airflow@3.3"), trace("dagster@1.13"))
    assert found.verdict == "equal"
    assert found.count("equal") == 4


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (("extract", None, "failed", 1, None), ("state", "output")),
        (("load", 0, "failed", 2, None), ("attempts",)),
        (("load", 1, "success", 1, 8), ("output",)),
        (("load", 1, "success", 1, 7.0), ("output",)),
        (("extract", None, "success", 1, {"rows": 3, "ok": 1}), ("output",)),
        (("report", None, "success", 0, None), ("state",)),
    ],
)
def test_divergent(changed: Task, differs: tuple[str, ...]) -> None:
    found = compared(trace("airflow@3.3"), trace("dagster@1.13", with_task(*changed)))
    (row,) = [row for row in found.rows if row.verdict != "equal"]
    assert (row.verdict, row.differs, found.verdict) == ("divergent", differs, "divergent")


def test_the_order_of_keys_means_nothing() -> None:
    other = with_task("extract", None, "success", 1, {"ok": True, "rows": 3})
    assert compared(trace("airflow@3.3"), trace("dagster@1.13", other)).verdict == "equal"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("airflow@3.3", "dagster@1.13", "benign"),
        ("prefect@3.8", "airflow@2.11", "benign"),
        ("airflow@2.11", "airflow@3.3", "benign"),
        ("prefect@3.8", "dagster@1.13", "divergent"),
    ],
)
def test_only_airflow_may_label_a_task_that_does_not_run(
    first: str, second: str, verdict: str
) -> None:
    other = with_task("report", None, "upstream_failed", 0, None)
    assert compared(trace(first), trace(second, other)).verdict == verdict


def test_airflow_excuses_nobody_else() -> None:
    other = with_task("report", None, "upstream_failed", 0, None)
    targets = ["airflow@3.3", "prefect@3.8", "dagster@1.13"]
    traces = [trace(targets[0]), trace(targets[1]), trace(targets[2], other)]
    assert parity.compare("orders", targets, traces).verdict == "divergent"
    traces = [trace(targets[0]), trace(targets[1], other), trace(targets[2], other)]
    assert parity.compare("orders", targets, traces).verdict == "benign"


def test_attempts_of_a_task_that_did_not_run_mean_nothing() -> None:
    other = with_task("report", None, "skipped", 1, None)
    found = compared(trace("prefect@3.8"), trace("dagster@1.13", other))
    assert found.verdict == "benign"


def test_an_entry_that_is_missing() -> None:
    found = compared(trace("airflow@3.3"), trace("dagster@1.13", SAME[:-1]))
    assert [row.differs for row in found.rows if row.verdict == "divergent"] == [("missing",)]


def test_the_run_counts_too() -> None:
    assert compared(trace("a"), trace("b", run="success")).verdict == "divergent"


# --- trace files ---------------------------------------------------------------------------------


@pytest.fixture
def files(space: Space) -> Space:
    space.write("air.json", json.dumps(trace("airflow@3.3"), indent=1) + "\n")
    other = with_task("report", None, "upstream_failed", 0, None)
    space.write("dag.json", json.dumps(trace("dagster@1.13", other)) + "\n")
    worse = (*with_task("load", 0, "success", 2, "a|b\n`c`")[:3],)
    space.write("pre.json", json.dumps(trace("prefect@3.8", worse, run="success")))
    return space


def test_text(files: Space) -> None:
    ran = files.run("parity", "--traces", "air.json", "air.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "orders on airflow@3.3 (air.json) and airflow@3.3 (air.json): equal\n  tasks: 4 equal\n"
    )
    ran = files.run("parity", "--traces", "air.json", "dag.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "orders on airflow@3.3 and dagster@1.13: benign\n"
        "          airflow@3.3  dagster@1.13\n"
        "  run     failed       failed           equal\n"
        "  report  skipped      upstream_failed  benign  "
        "does not run; Airflow labels it by the order of events\n"
        "  tasks: 3 equal, 1 benign\n"
    )
    ran = files.run("parity", "--traces", "air.json", "pre.json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        "orders on airflow@3.3 and prefect@3.8: divergent\n"
        "           airflow@3.3               prefect@3.8\n"
        "  run      failed                    success                          divergent  "
        "the runs end differently\n"
        '  load[0]  failed, 3 attempts, null  success, 2 attempts, "a|b\\n`c`"  divergent  '
        "state, attempts, output\n"
        "  report   skipped                   –                                divergent  "
        "not in every trace\n"
        "  tasks: 2 equal, 2 divergent\n"
    )


def test_markdown(files: Space) -> None:
    ran = files.run("parity", "--traces", "air.json", "pre.json", "--format", "markdown")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        "### `orders` on airflow@3.3 and prefect@3.8: **divergent**\n"
        "\n"
        "|  | airflow@3.3 | prefect@3.8 | verdict |  |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| run | failed | success | **divergent** | the runs end differently |\n"
        '| `load[0]` | failed, 3 attempts, null | success, 2 attempts, "a\\|b\\\\n\\`c\\`" | '
        "**divergent** | state, attempts, output |\n"
        "| `report` | skipped | – | **divergent** | not in every trace |\n"
        "\n"
        "Tasks: 2 equal, 2 divergent.\n"
    )


def test_json(files: Space) -> None:
    ran = files.run("parity", "--traces", "air.json", "dag.json", "--format", "json")
    data = json.loads(ran.out)
    assert (data["dagglot_parity"], data["verdict"]) == (1, "benign")
    (one,) = data["pipelines"]
    assert one["targets"] == ["airflow@3.3", "dagster@1.13"]
    assert one["runs"] == ["failed", "failed"]
    assert one["tasks"][-1] == {
        "id": "report",
        "index": None,
        "verdict": "benign",
        "differs": ["state"],
        "note": "does not run; Airflow labels it by the order of events",
        "seen": [
            {"state": "skipped", "attempts": 0, "output": None},
            {"state": "upstream_failed", "attempts": 0, "output": None},
        ],
    }


def test_a_file_with_several_pipelines(files: Space) -> None:
    second = json.dumps({**trace("airflow@3.3"), "pipeline": "clients"})
    files.write("both.json", files.read("air.json") + second)
    ran = files.run("parity", "--traces", "both.json", "dag.json")
    assert ran.code == 1
    assert "clients on airflow@3.3 and dagster@1.13: divergent\n" in ran.out
    assert "not in every file" in ran.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("{", "line 1 is no JSON"),
        ("[]", 'there is no `"dagglot_trace": 1`'),
        ('{"dagglot_trace": 2}', 'there is no `"dagglot_trace": 1`'),
        ('{"dagglot_trace": 1, "tasks": []}', "a trace has `pipeline`"),
        (
            '{"dagglot_trace": 1, "pipeline": "a", "target": "b", "run": "c", "tasks": [{}]}',
            "each of its tasks has `id`",
        ),
        (b"\xff", "can't decode byte"),
    ],
)
def test_files_that_are_no_traces(files: Space, text: str | bytes, said: str) -> None:
    files.write("x.json", text)
    ran = files.run("parity", "--traces", "air.json", "x.json")
    assert (ran.code, ran.codes, ran.out) == (3, ["DG517"], "")
    assert said in ran.err
    ran = files.run("parity", "--traces", "air.json", "x.json", "--format", "json")
    assert json.loads(ran.out)["diagnostics"][0]["code"] == "DG517"


def test_two_at_least(files: Space) -> None:
    assert files.run("parity", "--traces", "air.json").code == 2
    files.pipeline("a")
    ran = files.run("parity", "flows/a.yaml", "-t", "airflow")
    assert (ran.code, ran.out) == (2, "")
    assert "give two targets or more" in ran.err
    assert files.run("parity", "--traces", "air.json", "gone.json").codes == ["DG517"]


# --- runs ----------------------------------------------------------------------------------------

ORDERS = """\
dagglot: 1
pipeline: orders
params: {days: {default: 1}}
tasks:
  load: {type: python, call: "jobs:load"}
  report: {type: noop, depends_on: load}
tests:
  fails: {given: {load: failed}, expect: {run: failed}}
"""


def test_real_bodies(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each target runs them once; the order is the author's."""
    asked = []

    def run(paths: Any, job: Any, project: Any, given: Any, where: Any, *_: Any) -> runner.Ran:
        asked.append((job.name, given.params, where.timeout))
        tasks = (("load", None, "success", 1, job.version), ("report", None, "success", 1, None))
        return runner.Ran([trace(job.name, tasks, "success")], [("report", "load")], [0.1])

    monkeypatch.setattr(runner, "run", run)
    space.write("orders.yaml", ORDERS)
    ran = space.run(
        "parity", "orders.yaml", "-t", "airflow", "-t", "airflow@2.11", "-p", "days=2",
        "--timeout", "9",
    )  # fmt: skip
    assert asked == [("airflow@3.3", {"days": "2"}, 9.0), ("airflow@2.11", {"days": "2"}, 9.0)]
    assert ran.code == 1
    assert '  load  success, "3.3"  success, "2.11"  divergent  output\n' in ran.out
    ran = space.run("parity", "orders.yaml", "-t", "airflow", "-t", "prefect", "--format", "json")
    assert [task["id"] for task in json.loads(ran.out)["pipelines"][0]["tasks"]] == [
        "report",
        "load",
    ]


def test_params_that_a_run_refuses(space: Space) -> None:
    space.project()
    space.write("flows/orders.yaml", ORDERS)
    ran = space.run("parity", "-t", "airflow", "-t", "dagster", "-p", "dys=1")
    assert (ran.code, ran.codes, ran.out) == (3, ["DG512"], "")


def test_acted_out(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """With outcomes no body of the user's runs."""
    monkeypatch.setattr(runner, "run", None)
    seen: list[Pipeline] = []

    def run(pipelines: Sequence[Pipeline], job: Any, where: Any, **_: Any) -> replays.Replayed:
        (one,) = pipelines
        seen.append(one)
        state = "skipped" if job.target.name == "dagster" else "upstream_failed"
        tasks = (("load", None, "failed", 1, None), ("report", None, state, 0, None))
        return replays.Replayed({one.id: trace(job.name, tasks)}, {})

    monkeypatch.setattr(replays, "run", run)
    space.write("orders.yaml", ORDERS)
    two = ("-t", "prefect", "-t", "dagster")
    ran = space.run("parity", "orders.yaml", *two, "--given", "load=failed")
    assert ran.code == 1
    assert "  report  upstream_failed  skipped  " in ran.out.replace("       ", " ").replace(
        "upstream_failed skipped", "upstream_failed  skipped"
    )
    assert all("dagglot_replay" in repr(one.task("load").body) for one in seen)
    assert (
        space.run("parity", "orders.yaml", "-t", "airflow", *two[2:], "--scenario", "fails").code
        == 0
    )
    ran = space.run("parity", "orders.yaml", *two, "--given", "lod=failed")
    assert (ran.code, ran.codes) == (3, ["DG216"])
    assert space.run("parity", "orders.yaml", *two, "--pipeline", "orderz").code == 2


def test_what_a_target_refuses(space: Space) -> None:
    space.write(
        "a.yaml",
        "dagglot: 1\npipeline: a\nconnections: {db: {type: postgres}}\n"
        "tasks: {one: {type: sql, sql: select 1, connection: db}}\n",
    )
    ran = space.run("parity", "a.yaml", "-t", "airflow", "-t", "dagster")
    assert (ran.code, ran.out) == (4, "")
    assert ran.codes == ["DG401", "DG401"]


def test_an_orchestrator_that_says_nothing(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "run", lambda *_, **__: replays.Replayed({}, {}))
    space.write("orders.yaml", ORDERS)
    two = ("-t", "prefect", "-t", "dagster", "--scenario", "fails")
    ran = space.run("parity", "orders.yaml", *two)
    assert (ran.code, ran.out) == (1, "")
    assert "DG518 prefect@3.3 gave no trace of `orders`" in ran.err


@pytest.mark.orchestrator
@pytest.mark.parametrize("given", [(), ("--given", "greet=failed")], ids=["real", "acted"])
def test_the_first_example_on_real_orchestrators(given: tuple[str, ...]) -> None:
    hello = Path(__file__).parents[2] / "examples" / "hello"
    command = ["parity", str(hello), "-t", "prefect", "-t", "dagster", "-t", "airflow", *given]
    done = subprocess.run(
        [sys.executable, "-m", "dagglot", *command, "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    data = json.loads(done.stdout)
    assert data["verdict"] == "equal"
    (one,) = data["pipelines"]
    assert one["runs"] == ["failed" if given else "success"] * 3
    assert len(one["tasks"]) == 2


@pytest.mark.orchestrator
def test_the_tests_of_a_case_on_a_real_orchestrator() -> None:
    case = Path(__file__).parents[1] / "cases" / "decided_early"
    done = subprocess.run(
        [sys.executable, "-m", "dagglot", "test", str(case), "-t", "airflow"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok  decided_early  airflow@3.3  2 tests\n")
