"""The larger examples in the real orchestrators: the same ends on each, those of their READMEs."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from case_folders import TARGETS
from dagglot import trace
from dagglot.project import NO_PROJECT
from dagglot.runtimes import environments, probe
from dagglot.targets.base import RunSpec
from orchestrators.engines import EXAMPLES, RUN_TIMEOUT, answers, build

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
    seen = answers(target).traces["orders_daily"]
    assert [one["region"] for one in outputs(seen, "load")] == ["americas", "apac", "emea"]
    assert outputs(seen, "archive") == ["archived a report of 84 orders"]


@pytest.mark.parametrize("target", GROUPS)
def test_no_export_at_all(target: str) -> None:
    seen = answers(target).traces["orders-without-exports"]
    assert states(seen) == {
        "validate": ["success"],
        "load": ["skipped"],
        "report": ["skipped"],
        "archive": ["skipped"],
    }
    assert seen["run"] == "success"


# --- fan_out ------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
def test_what_happens_to_one_file_is_nothing_to_the_others(target: str) -> None:
    seen = answers(target).traces["air_quality"]
    fine, failed, up, skipped = "success", "failed", "upstream_failed", "skipped"
    assert states(seen) == {
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
    assert seen["run"] == "success"
    attempts = {one["index"]: one["attempts"] for one in seen["tasks"] if one["id"] == "file.read"}
    assert attempts == {0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 5: 1}
    (report,) = outputs(seen, "report")
    assert report["headline"] == "6 files: 4 loaded, 1 not loaded, 1 cut off"
    (folder,) = [place["folder"] for place in outputs(seen, "scratch")]
    assert not Path(folder).exists()


@pytest.mark.parametrize("target", GROUPS)
def test_no_files_at_all(target: str) -> None:
    seen = answers(target).traces["air-quality-without-files"]
    assert states(seen) == {
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
    assert seen["run"] == "success"


# --- churn_training -----------------------------------------------------------------------------


@cache
def training(target: str) -> tuple[dict[str, Any], ...]:
    """Two runs that share a folder of models, in an environment with the example's requirements:
    the first champion, then the same challenger again."""
    source = EXAMPLES / "churn_training"
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-training-"))
    built = build(target, [([source / "pipeline.yaml"], NO_PROJECT)], scratch / "out")
    (pipeline,) = built.pipelines
    runtime = environments.resolve(built.job.target.name, built.job.version)
    assert runtime is not None
    python = environments.ensure(runtime, requirements=source / "requirements.txt")
    names = built.job.target.names(pipeline, built.job.context)
    given = {"models_dir": str(scratch / "models")}
    specs = [
        RunSpec(key, names, given, timeout=RUN_TIMEOUT) for key in ("deployed", "champion_stays")
    ]
    request = built.job.target.run_request(built.job.out, [source], specs, {})
    answer = probe.run(python, built.job.target.probe("run"), request, timeout=600)
    return tuple(trace.from_probe(one, names, pipeline.id, target) for one in answer["runs"])


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize(
    ("number", "deploy", "keep"),
    [(0, "success", "skipped"), (1, "skipped", "success")],
    ids=["deployed", "champion_stays"],
)
def test_the_challenger_and_the_champion(target: str, number: int, deploy: str, keep: str) -> None:
    seen = training(target)[number]
    assert states(seen) == {
        "prepare": ["success"],
        "train": ["success"] * 4,
        "evaluate": ["success"],
        "good_enough": ["success"],
        "compare": ["success"],
        "decide": ["success"],
        "deploy": [deploy],
        "keep": [keep],
        "report": ["success"],
        "tidy": ["success"],
    }
    assert seen["run"] == "success"


@pytest.mark.parametrize("target", GROUPS)
def test_a_model_is_no_guess_and_the_same_everywhere(target: str) -> None:
    deployed, kept = training(target)
    assert outputs(deployed, "good_enough") == [True]
    (marks,) = outputs(deployed, "evaluate")
    assert marks["name"] == "logistic"
    assert marks["auc"] == pytest.approx(0.830, abs=0.005)
    assert marks["accuracy"] > marks["baseline_accuracy"] + 0.05
    (again,) = outputs(kept, "evaluate")
    assert {**marks, "path": ""} == {**again, "path": ""}
    assert outputs(kept, "compare") == [{"champion": "logistic", "auc": marks["auc"], "gain": 0}]
