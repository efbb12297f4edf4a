"""What ops say of the assets that they make, and a pipeline that is assets itself."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from dagglot import trace
from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.semantics.scenario import read
from dagglot.semantics.simulate import simulate
from dagglot.targets.base import RunSpec
from orchestrators import engines
from orchestrators.engines import Answers, Run, run

pytestmark = [pytest.mark.orchestrator, pytest.mark.xdist_group("dagster")]

RUNS = (
    Run("intake"),
    Run("intake_is_waited_for"),
    Run("intake_by_day", time="2026-02-03T03:00:00+00:00"),
    Run("shop_sales"),
    Run("shop_sales", (("rows", 0),), "shop_sales-no-rows"),
    Run("shop_days", time="2026-02-03T03:00:00+00:00"),
    Run("checks"),
    Run("assets"),
)


@cache
def done() -> Answers:
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-assets-"))
    places = {"DB_URI": "sqlite://", "WAREHOUSE_URI": "sqlite://"}
    quick = {"in_process": True, "short_waits": True}
    return run("dagster", RUNS, scratch, variables=places, options=quick)


def states(key: str) -> dict[str, str]:
    found = {}
    for task in done().traces[key]["tasks"]:
        index = "" if task["index"] is None else f"[{task['index']}]"
        found[task["id"] + index] = task["state"]
    return found


def events(key: str, what: str) -> list[Any]:
    return [event for task in done().raw[key]["tasks"] for event in task[what]]


def test_ops_report_what_they_make_and_what_checks_find() -> None:
    assert done().traces["intake"]["run"] == "success"
    assert set(states("intake").values()) == {"success"}
    made = {one["asset"]: one for one in events("intake", "materialized")}
    assert list(made) == ["intake/clean", "intake/orders"]
    assert made["intake/orders"]["metadata"] == {"rows": 3}
    checked = {
        one["check"]: (one["passed"], one["severity"]) for one in events("intake", "checked")
    }
    assert checked == {
        "has_rows": (True, "error"),
        "many": (False, "warn"),
        "not_empty": (True, "error"),
    }


def test_a_wait_for_an_asset_wants_an_update_since_the_run() -> None:
    assert states("intake_is_waited_for") == {"updated": "skipped", "show": "skipped"}


def test_an_update_is_of_the_partition_of_the_run_and_one_for_a_mapped_task() -> None:
    made = [(one["asset"], one["partition"]) for one in events("intake_by_day", "materialized")]
    assert made == [("intake/days", "2026-02-02"), ("intake/regions", "2026-02-02")]
    assert states("intake_by_day") == {
        "day": "success",
        "region[0]": "success",
        "region[1]": "success",
    }


def test_assets_end_as_tasks_do() -> None:
    assert set(states("shop_sales").values()) == {"success"}
    assert done().traces["shop_sales"]["run"] == "success"
    made = [one["asset"] for one in events("shop_sales", "materialized")]
    assert made == ["shop/clean", "shop/raw", "shop_mart"]


def test_a_check_of_an_asset_that_fails_stops_what_is_below() -> None:
    key = "shop_sales-no-rows"
    assert done().traces[key]["run"] == "failed"
    assert states(key) == {
        "extract": "success",
        "extract.not_empty": "failed",
        "extract.many": "success",
        "clean": "upstream_failed",
        "mart": "upstream_failed",
        "mart.has-rows": "upstream_failed",
    }
    # once, after its last attempt, somebody was told
    (line,) = Path(done().scratch, "checks").read_text().splitlines()
    told = json.loads(line)
    assert (told["task"], told["state"]) == ("extract.not_empty", "failed")
    # as often as its task may be tried
    attempts = {task["id"]: task["attempts"] for task in done().traces[key]["tasks"]}
    assert attempts["extract.not_empty"] == 2
    checked = {one["check"]: (one["passed"], one["severity"]) for one in events(key, "checked")}
    assert checked == {"not_empty": (False, "error"), "many": (False, "warn")}
    assert [one["asset"] for one in events(key, "materialized")] == ["shop/raw"]


def test_assets_are_made_of_the_partition_of_the_run() -> None:
    assert set(states("shop_days").values()) == {"success"}
    outputs = {task["id"]: task["output"] for task in done().traces["shop_days"]["tasks"]}
    assert outputs["report"] == {"day": "2026-02-02"}  # by an IO manager of the user's
    made = [(one["asset"], one["partition"]) for one in events("shop_days", "materialized")]
    assert made == [("shop/days", "2026-02-02"), ("shop/reports", "2026-02-02")]


def test_checks_stand_between_their_task_and_those_after_it() -> None:
    assert done().traces["checks"]["run"] == "failed"
    seen = states("checks")
    assert seen["load.orders.enough"] == seen["load.orders.many"] == "success"
    assert seen["sales.no_table"] == seen["sales.exits"] == "success"
    assert seen["region.some"] == seen["region.each[0]"] == seen["region.each[1]"] == "success"
    assert (seen["whole.part.two[0]"], seen["whole.part.two[1]"]) == ("failed", "success")
    assert (seen["whole.after[0]"], seen["whole.after[1]"]) == ("upstream_failed", "success")


def test_random_assets_end_as_the_semantics_say(tmp_path: Path) -> None:
    documents = [
        random_assets(Random(number), f"fuzz_{number}")  # noqa: S311
        for number in range(FUZZED)
    ]
    (tmp_path / "pipelines.yaml").write_text("---\n".join(text for text, _ in documents))
    built = engines.build("dagster", [([tmp_path / "pipelines.yaml"], NO_PROJECT)], tmp_path / "o")
    target, context = built.job.target, built.job.context
    assert len(built.pipelines) == FUZZED
    specs = [RunSpec(one.id, target.names(one, context)) for one in built.pipelines]
    quick = {"in_process": True, "short_waits": True}
    request = target.run_request(built.job.out, engines.modules(), specs, quick)
    answer = probe.run(built.python(), target.probe("run"), request, timeout=1200)
    for one, spec, ran, (_, given) in zip(
        built.pipelines, specs, answer["runs"], documents, strict=True
    ):
        seen = trace.from_probe(ran, spec.names, spec.names.pipeline, "dagster")
        scenario, refused = read(one, given)
        assert not refused
        said = simulate(one, scenario)
        states = {task["id"]: task["state"] for task in seen["tasks"]}
        assert states == {each.task: each.state.value for each in said.instances}, one.id
        assert seen["run"] == said.run, one.id


FUZZED = 12


def random_assets(chance: Random, id: str) -> tuple[str, dict[str, Any]]:
    """A pipeline of assets that read each other, some of which fail, or find each other bad; and
    the scenario of it."""
    tasks: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for number in range(chance.randint(3, 7)):
        name = f"t{number}"
        above = chance.sample(list(tasks), min(len(tasks), chance.randint(0, 2)))
        fails = chance.random() < 0.2
        value = {"n": number, "read": [f"${{{{ tasks.{one}.output.n }}}}" for one in above[:1]]}
        tasks[name] = {
            "type": "python",
            "call": f"behaviour.bodies:{'fail' if fails else 'same'}",
            "args": {"message": "as said"} if fails else {"value": value},
            "depends_on": above,
            "produces": f"{id}.{name}",
        }
        if fails:
            given[name] = "failed"
            tasks[name]["retries"] = chance.randint(0, 1)
        if chance.random() < 0.5:
            good = chance.random() < 0.7
            severity = chance.choice(["error", "warn"])
            call = {"call": "behaviour.bodies:same", "args": {"value": good}}
            tasks[name]["checks"] = [{"name": "good", "severity": severity, **call}]
            if not good and severity == "error":
                given[f"{name}.good"] = "failed"
    document = {
        "dagglot": 1,
        "pipeline": id,
        "targets": {"dagster": {"style": "assets"}},
        "assets": {f"{id}.{name}": {} for name in tasks},
        "tasks": tasks,
    }
    return yaml.safe_dump(document, sort_keys=False), given
