"""What ops say of the assets that they make, and a pipeline that is assets itself."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestrators.engines import Answers, Run, run

pytestmark = [pytest.mark.orchestrator, pytest.mark.xdist_group("dagster")]

RUNS = (
    Run("intake"),
    Run("intake_is_waited_for"),
    Run("intake_by_day", time="2026-02-03T03:00:00+00:00"),
    Run("shop_sales"),
    Run("shop_sales", (("rows", 0),), "shop_sales-no-rows"),
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
    # as often as its task may be tried
    attempts = {task["id"]: task["attempts"] for task in done().traces[key]["tasks"]}
    assert attempts["extract.not_empty"] == 2
    checked = {one["check"]: (one["passed"], one["severity"]) for one in events(key, "checked")}
    assert checked == {"not_empty": (False, "error"), "many": (False, "warn")}
    assert [one["asset"] for one in events(key, "materialized")] == ["shop/raw"]


def test_checks_stand_between_their_task_and_those_after_it() -> None:
    assert done().traces["checks"]["run"] == "failed"
    seen = states("checks")
    assert seen["load.orders.enough"] == seen["load.orders.many"] == "success"
    assert seen["sales.no_table"] == seen["sales.exits"] == "success"
    assert seen["region.some"] == seen["region.each[0]"] == seen["region.each[1]"] == "success"
    assert (seen["whole.part.two[0]"], seen["whole.part.two[1]"]) == ("failed", "success")
    assert (seen["whole.after[0]"], seen["whole.after[1]"]) == ("upstream_failed", "success")
