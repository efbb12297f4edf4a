"""The larger examples in the real orchestrators: the same ends on each, those of their READMEs."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from case_folders import TARGETS
from dagglot import trace
from dagglot.project import NO_PROJECT
from dagglot.runtimes import environments, probe
from dagglot.stores import Stores, lent
from dagglot.targets.base import Answer, RunSpec
from orchestrators.engines import EXAMPLES, RUN_TIMEOUT, answers, build
from services import DockerEngine, tools

GROUPS = [pytest.param(target, marks=pytest.mark.xdist_group(target)) for target in TARGETS]
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


# --- asset_lineage ------------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
def test_pipelines_hand_each_other_data(target: str) -> None:
    seen = [answers(target).traces[id] for id in ("shop_exports", "clean_orders", "sales_mart")]
    assert [one["run"] for one in seen] == ["success"] * 3
    assert {state for one in seen for states_ in states(one).values() for state in states_} == {
        "success"
    }
    # the three rejected are too many: that is told, and stops nothing
    assert outputs(seen[1], "announce") == ["40 orders, 3 rejected"]
    assert outputs(seen[2], "headline") == ["PT leads with 2109.09 of 4355.18 euros"]


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
    options = {"in_process": True}
    request = built.job.target.run_request(built.job.out, [source], specs, options)
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


# --- ml_batch_scoring ---------------------------------------------------------------------------

ASKS = frozenset({"airflow", "prefect"})
"""Where a human can be asked; elsewhere `release.yaml` is refused."""
SCORING = EXAMPLES / "ml_batch_scoring"


@cache
def scored(target: str) -> tuple[dict[str, dict[str, Any]], list[Any]]:
    """A run of the scoring, one whose scores are unlike those of the training, and the release,
    approved and rejected; and what the registry was handed."""
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-scoring-"))
    for day in ("2026-03-02", "2026-03-03", "2026-03-04"):
        shutil.copy(SCORING / "data" / "customers.csv", scratch / f"customers-{day}.csv")
    documents = [SCORING / "score.yaml", *([SCORING / "release.yaml"] if target in ASKS else [])]
    built = build(target, [(documents, NO_PROJECT)], scratch / "out")
    job = built.job
    names = {one.id: job.target.names(one, job.context) for one in built.pipelines}
    inbox = {"inbox": str(scratch)}
    runs = [
        ("scores", "churn_scores", {"day": "2026-03-02", "shards": 4}, None),
        ("unlike", "churn_scores", {"day": "2026-03-03", "max_shift": 0.001}, None),
        ("approved", "churn_release", {"day": "2026-03-04"}, True),
        ("rejected", "churn_release", {"day": "2026-03-04"}, False),
    ]
    specs = [
        RunSpec(
            key,
            names[pipeline],
            {**params, **inbox},
            timeout=RUN_TIMEOUT,
            answers={} if said is None else {"release": Answer(said, "crm")},
        )
        for key, pipeline, params, said in runs
        if pipeline in names
    ]
    registry = _registry()
    with registry.serve(0) as server, DockerEngine({"/app": str(SCORING / "image")}) as docker:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        uri = f"http://127.0.0.1:{server.server_address[1]}"
        stores = Stores(
            {"registry": {"type": "http", "uri": uri, "host": "127.0.0.1", "port": uri[17:]}}
        )
        request = job.target.run_request(job.out, [SCORING], specs, {"in_process": True}, stores)
        answer = probe.run(
            built.python(),
            job.target.probe("run"),
            request,
            timeout=600,
            env={**os.environ, **probe.environment(), "DOCKER_HOST": docker.address},
        )
        server.shutdown()
    pipelines = {key: pipeline for key, pipeline, *_ in runs}
    traces = {
        one["key"]: trace.from_probe(
            one, names[pipelines[one["key"]]], pipelines[one["key"]], target
        )
        for one in answer["runs"]
    }
    return traces, registry.Registry.accepted


def _registry() -> Any:
    """The example's own registry, imported anew: each target has one."""
    spec = importlib.util.spec_from_file_location("scoring_registry", SCORING / "registry.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("target", GROUPS)
def test_everyone_is_scored_by_a_container(target: str) -> None:
    traces, _ = scored(target)
    seen = traces["scores"]
    assert states(seen) == {
        "export": ["success"],
        "champion": ["success"],
        "split": ["success"],
        "score": ["success"] * 4,
        "collect": ["success"],
        "plausible": ["success"],
        "stage": ["success"],
        "tidy": ["success"],
    }
    assert outputs(seen, "stage") == [
        {
            "day": "2026-03-02",
            "model": 7,
            "rows": 120,
            "mean": 0.4718,
            "high": 63,
            "path": "2026-03-02.csv",
        }
    ]
    folder = Path(outputs(seen, "collect")[0]["path"]).parent
    assert not folder.exists()


@pytest.mark.parametrize("target", GROUPS)
def test_scores_unlike_the_training_are_not_staged(target: str) -> None:
    traces, _ = scored(target)
    ends = states(traces["unlike"])
    assert (ends["plausible"], ends["stage"], ends["tidy"]) == (
        ["success"],
        ["skipped"],
        ["success"],
    )
    assert traces["unlike"]["run"] == "success"


@pytest.mark.parametrize("target", [one for one in GROUPS if one.values[0] in ASKS])
def test_nothing_is_handed_over_before_somebody_said_so(target: str) -> None:
    traces, accepted = scored(target)
    assert states(traces["approved"]) == {
        "score": ["success"],
        "summary": ["success"],
        "release": ["success"],
        "publish": ["success"],
    }
    assert outputs(traces["approved"], "release") == [{"who": "crm", "what": "approved"}]
    ends = states(traces["rejected"])
    assert (ends["release"], ends["publish"]) == (["skipped"], ["skipped"])
    assert [one["day"] for one in accepted] == ["2026-03-04"]


# --- backfill_partitions ------------------------------------------------------------------------


@pytest.mark.parametrize("target", GROUPS)
def test_a_day_of_the_meter(target: str) -> None:
    seen = answers(target).traces["meter_days"]
    assert seen["run"] == "success"
    (read,), (path,) = outputs(seen, "read"), outputs(seen, "store")
    day = Path(path).stem
    assert outputs(seen, "show") == [f"{day}: {read['hours']} hours"]
    assert json.loads(Path(path).read_text())["day"] == day


# --- warehouse_elt ------------------------------------------------------------------------------

DAYS = {"good": {}, "cut_off": {"day": "2026-10-22"}, "broken": {"day": "2026-10-23"}}


@cache
def warehouse(target: str) -> dict[str, dict[str, Any]]:
    """Runs of three days into one warehouse, with dbt on PATH."""
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-warehouse-"))
    source = scratch / "example"
    shutil.copytree(EXAMPLES / "warehouse_elt", source)
    document = source / "pipeline.yaml"
    document.write_text(
        document.read_text().replace("/tmp/warehouse_elt", str(scratch / "results"))
    )
    built = build(target, [([document], NO_PROJECT)], scratch / "out")
    (pipeline,) = built.pipelines
    names = built.job.target.names(pipeline, built.job.context)
    specs = [RunSpec(key, names, given, timeout=RUN_TIMEOUT) for key, given in DAYS.items()]
    held = lent(built.pipelines, {})
    options = {"in_process": True}
    request = built.job.target.run_request(built.job.out, [source], specs, options, held)
    path = {"PATH": f"{tools.environment() / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    script = built.job.target.probe("run")
    answer = probe.run(built.python(), script, request, timeout=900, env=path)
    return {one["key"]: trace.from_probe(one, names, pipeline.id, target) for one in answer["runs"]}


@pytest.mark.parametrize("target", GROUPS)
def test_a_day_is_loaded_modelled_and_reported(target: str) -> None:
    seen = warehouse(target)["good"]
    run = ("find", "load", "loaded", "enough", "staging", "marts", "revenue", "report", "show")
    assert states(seen) == {**{id: ["success"] for id in run}, "set_aside": ["skipped"]}
    assert outputs(seen, "loaded") == [40]
    (revenue,) = outputs(seen, "revenue")
    assert revenue == [
        {"category": "ware", "orders": 15, "sold": 27, "revenue": 1688.0},
        {"category": "coffee", "orders": 10, "sold": 18, "revenue": 205.6},
        {"category": "tea", "orders": 6, "sold": 9, "revenue": 69.9},
    ]
    assert outputs(seen, "show") == ["reported 31 orders"]


@pytest.mark.parametrize("target", GROUPS)
@pytest.mark.parametrize(
    ("day", "run", "ends"),
    [
        ("cut_off", "success", ("skipped", "skipped", "skipped", "skipped")),
        ("broken", "failed", ("failed", "upstream_failed", "upstream_failed", "success")),
    ],
)
def test_a_bad_day_is_not_built(target: str, day: str, run: str, ends: tuple[str, ...]) -> None:
    seen = warehouse(target)[day]
    found = states(seen)
    assert {found[id][0] for id in ("find", "load", "loaded", "enough")} == {"success"}
    tasks = ("staging", "marts", "show", "set_aside")
    assert tuple(found[id][0] for id in tasks) == ends
    assert seen["run"] == run
