"""Producers and consumers together, on an instance with its own daemon: an update makes a run."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from case_folders import CASES, EXAMPLES
from dagglot import api
from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.targets import registry
from orchestrators import engines

HERE = Path(__file__).parent

pytestmark = pytest.mark.orchestrator


def told(folder: Path, asked: dict[str, Any]) -> Any:
    project = api.open_project(EXAMPLES / "asset_lineage").project
    cases = [([CASES / "assets_of_ops" / "pipeline.yaml"], NO_PROJECT), ([], project)]
    built = engines.build("dagster", cases, folder)
    script = HERE / "dagster_instance" / "updates.py"
    modules = ":".join(map(str, engines.modules()))
    done = subprocess.run(
        [built.python(), script, registry.get("dagster").probe("run").parent, built.job.out],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=1800,
        env={**probe.environment(), "PYTHONPATH": modules, "DB_URI": "sqlite://"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.xdist_group("dagster")
def test_each_update_makes_one_run(tmp_path: Path) -> None:
    asked = {
        # `intake` updates `intake.orders`, then `intake.clean`
        "runs": [["intake", "files"], "intake", "intake", "shop_exports"],
        "jobs": {
            "intake_each_update": 4,
            "intake_all_updated": 2,
            "clean_orders": 1,
            "sales_mart": 1,
        },
    }
    seen = told(tmp_path / "out", asked)
    for runs in seen.values():
        assert {run["status"] for run in runs} == {"SUCCESS"}
        assert len({run["key"] for run in runs}) == len(runs)
    each = seen["intake_each_update"]
    assert len(each) == 4
    for run in each:
        why, _, moment = run["outputs"]["show"].partition(" at ")
        assert why == "an update"
        assert datetime.fromisoformat(moment) == datetime.fromisoformat(run["time"])
    # a job of ops has started one of assets, behind another
    assert len(seen["clean_orders"]) == len(seen["sales_mart"]) == 1
    # {all: [orders, {any: [clean, files]}]}: files and orders, then clean and orders
    together = {run["key"] for run in seen["intake_all_updated"]}
    orders = sorted(int(run["key"]) for run in each)[::2]
    assert together == {str(key) for key in orders}
