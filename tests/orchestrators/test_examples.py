"""The larger examples in the real orchestrators: the same ends on each, those of their READMEs."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from case_folders import TARGETS
from dagglot import plan_jobs, runner
from dagglot.project import NO_PROJECT
from orchestrators.engines import EXAMPLES, answers

GROUPS = [
    pytest.param(target, marks=pytest.mark.xdist_group(target.partition("@")[0]))
    for target in TARGETS
]
pytestmark = pytest.mark.orchestrator


def states(trace: dict[str, Any]) -> dict[str, list[str]]:
    """The states of each task; of a mapped one in the order of its elements."""
    found: dict[str, list[str]] = {}
    for task in sorted(trace["tasks"], key=lambda one: one["index"] or 0):
        found.setdefault(task["id"], []).append(task["state"])
    return found


def outputs(trace: dict[str, Any], task: str) -> list[Any]:
    instances = [one for one in trace["tasks"] if one["id"] == task]
    return [one["output"] for one in sorted(instances, key=lambda one: one["index"] or 0)]


# --- orders_daily -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
def test_a_region_for_each_export(target: str) -> None:
    trace = answers(target).traces["orders_daily"]
    assert [one["region"] for one in outputs(trace, "load")] == ["americas", "apac", "emea"]
    assert outputs(trace, "archive") == ["archived a report of 84 orders"]


@pytest.mark.parametrize("target", GROUPS)
def test_no_export_at_all(target: str) -> None:
    trace = answers(target).traces["orders-without-exports"]
    assert states(trace) == {
        "validate": ["success"],
        "load": ["skipped"],
        "report": ["skipped"],
        "archive": ["skipped"],
    }
    assert trace["run"] == "success"


# --- fan_out ------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
def test_what_happens_to_one_file_is_nothing_to_the_others(target: str) -> None:
    trace = answers(target).traces["air_quality"]
    fine, failed, up, skipped = "success", "failed", "upstream_failed", "skipped"
    assert states(trace) == {
        "scratch": [fine],
        "find": [fine],
        "file.read": [fine, fine, fine, fine, failed, fine],
        "file.usable": [fine, fine, fine, fine, up, fine],
        "file.load": [fine, fine, fine, skipped, up, fine],
        "count": [fine],
        "summarise": [fine] * 4,
        "report": [fine],
        "tidy": [fine],
    }
    assert trace["run"] == "success"
    attempts = {one["index"]: one["attempts"] for one in trace["tasks"] if one["id"] == "file.read"}
    assert attempts == {0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 5: 1}
    (report,) = outputs(trace, "report")
    assert report["headline"] == "6 files: 4 loaded, 1 not loaded, 1 cut off"
    (folder,) = [place["folder"] for place in outputs(trace, "scratch")]
    assert not Path(folder).exists()


@pytest.mark.parametrize("target", GROUPS)
def test_no_files_at_all(target: str) -> None:
    trace = answers(target).traces["air-quality-without-files"]
    assert states(trace) == {
        "scratch": ["success"],
        "find": ["success"],
        "file.read": ["skipped"],
        "file.usable": ["skipped"],
        "file.load": ["skipped"],
        "count": ["success"],
        "summarise": ["skipped"],
        "report": ["success"],
        "tidy": ["success"],
    }
    assert trace["run"] == "success"


# --- churn_training -----------------------------------------------------------------------------


@cache
def training(target: str) -> tuple[dict[str, Any], ...]:
    """Three runs that share a folder of models, in an environment with the example's requirements:
    the first champion, the same challenger again, and a gate that is closed."""
    (job,), found = plan_jobs.jobs([target], Path(tempfile.gettempdir()), NO_PROJECT)
    assert not found
    models = tempfile.mkdtemp(prefix="dagglot-models-")
    traces = []
    for more in ({}, {}, {"min_auc": "0.9"}):
        ran = runner.run(
            [EXAMPLES / "churn_training" / "pipeline.yaml"],
            job,
            NO_PROJECT,
            {"models_dir": models, **more},
            runner.Where(),
        )
        assert not [one for one in ran.diagnostics if one.is_error], ran.diagnostics
        traces.extend(ran.traces)
    return tuple(traces)


TRAINED = {
    "prepare": ["success"],
    "train": ["success"] * 4,
    "evaluate": ["success"],
    "good_enough": ["success"],
    "tidy": ["success"],
}
ENDS = (
    ["success", "success", "success", "skipped", "success"],
    ["success", "success", "skipped", "success", "success"],
    ["skipped"] * 5,
)


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize("number", range(3), ids=["deployed", "champion_stays", "gate_closed"])
def test_the_challenger_and_the_champion(target: str, number: int) -> None:
    trace = training(target)[number]
    below = ("compare", "decide", "deploy", "keep", "report")
    ends = {task: [state] for task, state in zip(below, ENDS[number], strict=True)}
    assert states(trace) == TRAINED | ends
    assert trace["run"] == "success"


@pytest.mark.parametrize("target", GROUPS)
def test_a_model_is_no_guess_and_the_same_everywhere(target: str) -> None:
    deployed, kept, _ = training(target)
    assert outputs(deployed, "good_enough") == [True]
    (marks,) = outputs(deployed, "evaluate")
    assert marks["name"] == "logistic"
    assert marks["auc"] == pytest.approx(0.830, abs=0.005)
    assert marks["accuracy"] > marks["baseline_accuracy"] + 0.05
    (again,) = outputs(kept, "evaluate")
    assert {**marks, "path": ""} == {**again, "path": ""}
    assert outputs(kept, "compare") == [{"champion": "logistic", "auc": marks["auc"], "gain": 0}]
