"""The examples' own Python, without any orchestrator: what a reader would try first."""

from __future__ import annotations

import datetime
import importlib
import inspect
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dagglot import api
from dagglot.expressions.evaluate import Environment, evaluate, to_json
from dagglot.ir import graph
from dagglot.ir.model import NoopBody, Pipeline, PythonBody, ShellBody

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = {
    "hello": EXAMPLES / "hello",
    "orders_daily": EXAMPLES / "orders_daily",
    "groups_and_defaults": EXAMPLES / "groups_and_defaults",
    "project": EXAMPLES / "project" / "src",
}
DAY = datetime.date(2026, 1, 15)
Import = Callable[[str, str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """Import a module of an example as an orchestrator would, and forget it afterwards."""
    before = set(sys.modules)

    def importing(example: str, module: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(SOURCES[example]))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        return importlib.import_module(module)

    yield importing
    for name in set(sys.modules) - before:
        if name.split(".")[0] in {"greetings", "orders", "readings", "subscriptions"}:
            del sys.modules[name]


def pipelines(example: str, environment: str | None = None) -> tuple[Pipeline, ...]:
    root = EXAMPLES / example
    opened = api.open_project(root, environment)
    paths = [] if opened.project.document is not None else [root]
    front = api.check(paths, opened.project)
    assert [str(finding) for finding in (*opened.diagnostics, *front.diagnostics)] == []
    return tuple(front.pipelines)


@pytest.mark.parametrize("example", SOURCES)
def test_every_call_is_a_function_that_takes_its_args(example: str, load: Import) -> None:
    called = 0
    for pipeline in pipelines(example):
        for task in pipeline.tasks:
            if isinstance(task.body, PythonBody):
                function = getattr(load(example, task.body.module), task.body.function)
                inspect.signature(function).bind(**task.body.args)
                called += 1
    assert called


def run(example: str, pipeline: Pipeline, load: Import, cwd: Path, **given: Any) -> dict[str, Any]:
    """What every task of a pipeline gives: its own functions and scripts, in order, one by one."""
    moment = datetime.datetime(2026, 1, 15, 3, tzinfo=ZoneInfo(pipeline.schedule.timezone))
    params = {param.name: param.default for param in pipeline.params} | given
    outputs: dict[str, Any] = {}
    tasks = {task.id: task for task in pipeline.tasks}
    for id in graph.topological({task.id: task.upstream for task in pipeline.tasks}):
        task = tasks[id]
        known = Environment(
            params=params,
            run={"id": "manual__2026-01-15T02:00:00+00:00", "time": moment, "date": moment.date()},
            outputs=outputs,
        )
        match task.body:
            case PythonBody() as body:
                function = getattr(load(example, body.module), body.function)
                outputs[id] = to_json(function(**evaluate(dict(body.args), known)))
            case ShellBody() as body:
                env = {name: str(evaluate(value, known)) for name, value in task.env.items()}
                script = str(evaluate(body.run, known))
                shown = subprocess.run(
                    ["bash", "-eo", "pipefail", "-c", script],
                    env={**os.environ, **env},
                    cwd=cwd,
                    check=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                ).stdout
                last = (shown.splitlines() or [""])[-1].rstrip()
                outputs[id] = {"text": last, "json": None, "none": None}[body.output]
                if body.output == "json":
                    outputs[id] = json.loads(last)
            case NoopBody():
                outputs[id] = None
            case other:
                raise AssertionError(f"{id}: no way to run {other}")
    return outputs


def test_hello_runs(load: Import, tmp_path: Path) -> None:
    (pipeline,) = pipelines("hello")
    hostile = "$(touch hacked); `touch hacked`"
    assert run("hello", pipeline, load, tmp_path, name=hostile)["show"] == f"Hello, {hostile}!"
    assert list(tmp_path.iterdir()) == []


def test_orders_daily_runs(load: Import, tmp_path: Path) -> None:
    (pipeline,) = pipelines("orders_daily")
    outputs = run("orders_daily", pipeline, load, tmp_path, results_dir=str(tmp_path))
    assert outputs["archive"] == "archived a report of 84 orders"
    readme = (EXAMPLES / "orders_daily" / "README.md").read_text(encoding="utf-8")
    report = (tmp_path / "orders-2026-01-15.txt").read_text(encoding="utf-8")
    assert report.partition("\n\n")[2] in readme
    copy = tmp_path / "archive" / "2026-01-15" / "manual__2026-01-15T02_00_00_00_00.txt"
    assert copy.read_text(encoding="utf-8") == report


def test_groups_and_defaults_runs(load: Import, tmp_path: Path) -> None:
    (pipeline,) = pipelines("groups_and_defaults")
    outputs = run("groups_and_defaults", pipeline, load, tmp_path, results_dir=str(tmp_path))
    readme = (EXAMPLES / "groups_and_defaults" / "README.md").read_text(encoding="utf-8")
    text = (tmp_path / "energy-2026-01-15.json").read_text(encoding="utf-8")
    assert text.partition('"09:00"')[0] in readme
    assert json.loads(text) == outputs["totals.publish"]
    assert list((tmp_path / "staging").iterdir()) == []


def test_the_project_runs(load: Import, tmp_path: Path) -> None:
    outputs = {
        pipeline.id: run("project", pipeline, load, tmp_path, results_dir=str(tmp_path))
        for pipeline in pipelines("project", "prod")
    }
    busiest = "busiest hours: api 09:00, storage 00:00, exports 21:00"
    assert outputs["usage_hourly"]["log"] == busiest
    assert outputs["invoices_daily"]["manifest"] == "invoices=24"
    readme = (EXAMPLES / "project" / "README.md").read_text(encoding="utf-8")
    listed = (tmp_path / "prod" / "churn-2026-01-15.txt").read_text(encoding="utf-8")
    assert "".join(listed.splitlines(keepends=True)[:3]) in readme


@pytest.mark.parametrize("example", SOURCES)
def test_no_orchestrator_and_no_path_of_a_machine(example: str) -> None:
    for path in (EXAMPLES / example).rglob("*"):
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            for name in ("airflow", "prefect", "dagster", "dagglot"):
                assert f"import {name}" not in text
                assert f"from {name}" not in text
        if path.suffix in (".py", ".yaml"):
            assert '"/' not in path.read_text(encoding="utf-8"), path


def test_dev_has_no_schedules_and_its_own_store() -> None:
    by_environment = {
        name: [
            (pipeline.schedule.enabled, task.body.args["store"], task.retries.count)
            for pipeline in pipelines("project", name)
            for task in pipeline.tasks
            if isinstance(task.body, PythonBody) and "store" in task.body.args
        ]
        for name in ("dev", "prod")
    }
    assert by_environment == {"dev": [(False, "dev", 0)] * 3, "prod": [(True, "prod", 2)] * 3}


def test_hello(load: Import) -> None:
    greet = load("hello", "greetings").greet
    assert greet("Ada") == "Hello, Ada!"
    assert greet("  ") == "Hello, world!"


REGIONS = ["emea", "americas", "apac"]


def test_orders_from_exports_to_report(load: Import, tmp_path: Path) -> None:
    checked = load("orders_daily", "orders.validate").check_exports(REGIONS, 20, "skip")
    assert checked["rejected"] == 6
    assert {name: one["orders"] for name, one in checked["regions"].items()} == {
        "emea": 28,
        "americas": 29,
        "apac": 27,
    }

    load_region = load("orders_daily", "orders.load").load_region

    def one(region: str) -> dict[str, Any]:
        expected = checked["regions"][region]["orders"]
        made: dict[str, Any] = load_region(region, expected, False, str(tmp_path))
        return made

    with ThreadPoolExecutor(6) as pool:  # two runs at once
        loads = list(pool.map(one, REGIONS * 2))
    assert loads[:3] == loads[3:]
    with closing(sqlite3.connect(tmp_path / "warehouse.sqlite")) as db:
        rows = db.execute("select count(*), count(distinct order_id) from orders").fetchone()
        thousands = db.execute(
            "select amount_eur_cents from orders where order_id = 'A-77336'"
        ).fetchone()
    assert rows == (84, 84)
    assert thousands == (194380,)  # 2 x "1,049.00" USD

    made = load("orders_daily", "orders.report").build(DAY, loads[:3], 6, str(tmp_path))
    assert made["orders"] == 84
    assert made["revenue_eur_cents"] == sum(one["revenue_eur_cents"] for one in loads[:3])
    lines = Path(made["path"]).read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines[3:7]] == ["americas", "emea", "apac", "total"]


def test_full_refresh_forgets_what_the_export_no_longer_has(load: Import, tmp_path: Path) -> None:
    load_region = load("orders_daily", "orders.load").load_region
    load_region("emea", 28, False, str(tmp_path))
    with closing(sqlite3.connect(tmp_path / "warehouse.sqlite")) as db, db:
        db.execute("update orders set order_id = 'E-1' where order_id = 'E-41200'")

    def count() -> int:
        with closing(sqlite3.connect(tmp_path / "warehouse.sqlite")) as db:
            return int(db.execute("select count(*) from orders").fetchone()[0])

    load_region("emea", 28, False, str(tmp_path))
    assert count() == 29
    load_region("emea", 28, True, str(tmp_path))
    assert count() == 28


def test_orders_refuses_what_is_not_fit_to_load(load: Import, tmp_path: Path) -> None:
    check_exports = load("orders_daily", "orders.validate").check_exports
    exports = load("orders_daily", "orders.exports")
    with pytest.raises(exports.BrokenExportError, match="apac: 27 orders, expected at least 28"):
        check_exports(REGIONS, 28, "skip")
    with pytest.raises(exports.BrokenExportError, match="emea: 2 bad rows"):
        check_exports(REGIONS, 0, "fail")
    with pytest.raises(RuntimeError, match="30 orders were validated"):
        load("orders_daily", "orders.load").load_region("emea", 30, False, str(tmp_path))

    shutil.copy(exports.DATA / "rates.csv", tmp_path)
    with pytest.raises(exports.BrokenExportError, match="has not arrived"):
        exports.read_export("emea", tmp_path)
    (tmp_path / "emea.csv").write_bytes(b"order_id;status\nE-1;paid\n")
    with pytest.raises(exports.BrokenExportError, match="lacks the columns currency"):
        exports.read_export("emea", tmp_path)
    (tmp_path / "emea.csv").write_bytes(b"order_id;customer\nE-1;In\xe9s\n")
    with pytest.raises(exports.BrokenExportError, match="not UTF-8"):
        exports.read_export("emea", tmp_path)


def test_a_row_that_is_cut_off_or_too_long_is_rejected(load: Import, tmp_path: Path) -> None:
    exports = load("orders_daily", "orders.exports")
    shutil.copy(exports.DATA / "rates.csv", tmp_path)
    head = "order_id,ordered_at,customer,sku,quantity,unit_price,currency,status"
    good = "A-1,2026-01-14T10:00:00,Ann,TENT-2P,1,100.00,EUR,paid"
    rows = [
        head,
        good,
        "A-2,2026-01-14T10:00:00,Bob",
        f"{good},extra",
        good.replace("100.00", "NaN"),
    ]
    (tmp_path / "emea.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    export = exports.read_export("emea", tmp_path)
    assert [order.amount_eur_cents for order in export.orders] == [10000]
    assert [row.line for row in export.rejected] == [3, 4, 5]


def test_solar_readings(load: Import, tmp_path: Path) -> None:
    staging = load("groups_and_defaults", "readings.staging")
    quality = load("groups_and_defaults", "readings.quality")
    energy = load("groups_and_defaults", "readings.energy")
    collect = load("groups_and_defaults", "readings.collect").collect
    places = staging.prepare("scheduled__2026-01-15T01:15:00+00:00", str(tmp_path))
    assert Path(places["staging"]).parent == tmp_path / "staging"

    coverage = {}
    for site in ("alentejo", "algarve", "ribatejo"):
        path = collect(site, places["staging"])["path"]
        gaps, outliers = quality.gaps(site, path), quality.outliers(site, path)
        coverage[site] = energy.aggregate(site, path, gaps, outliers, 0.8)["coverage"]
        if site == "alentejo":
            assert gaps == [{"inverter": "inv-2", "hours": [9, 10]}]
            assert [one["reason"] for one in outliers] == ["beyond capacity"]
        if site == "algarve":
            assert [one["reason"] for one in outliers] == ["stuck"] * 4
            with pytest.raises(RuntimeError, match="algarve: only 90%"):
                energy.aggregate(site, path, gaps, outliers, 0.9)
    assert coverage == {"alentejo": 0.938, "algarve": 0.896, "ribatejo": 0.958}

    by_site = energy.roll_up("site", places["staging"])
    by_hour = energy.roll_up("hour", places["staging"])
    assert by_site == {"alentejo": 1487.0, "algarve": 831.9, "ribatejo": 2588.7}
    assert sum(by_hour.values()) == pytest.approx(sum(by_site.values()))
    again = staging.prepare("scheduled__2026-01-15T01:15:00+00:00", str(tmp_path))
    assert again == places
    assert list(Path(again["staging"]).iterdir()) == []


def test_usage_up_to_a_time(load: Import, tmp_path: Path) -> None:
    usage = load("project", "subscriptions.usage")
    later = datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC)
    noon = datetime.datetime(2026, 1, 13, 12, tzinfo=datetime.UTC)
    first = usage.collect(noon, 0, "dev", str(tmp_path))
    assert 0 < first["events"] < 137
    made = usage.collect(later, 0, "dev", str(tmp_path))
    assert (made["events"], made["refused"]) == (137, 3)
    assert made == usage.collect(later, 0, "dev", str(tmp_path))
    totals = [usage.summarise(product, made["database"]) for product in sorted(usage.PRODUCTS)]
    assert sum(one["units"] for one in totals) == sum(one.units for one in usage.read_events())
    empty = usage.collect(datetime.datetime(2020, 1, 1, tzinfo=later.tzinfo), 0, "x", str(tmp_path))
    assert usage.summarise("api", empty["database"])["busiest"] is None


def test_invoices_reconcile_to_the_cent(load: Import, tmp_path: Path) -> None:
    invoices = load("project", "subscriptions.invoices")
    drafted = invoices.draft(DAY, "manual:1", True, 0, "prod", str(tmp_path))
    written = [invoices.write(name, ",", drafted["path"]) for name in ("EUR", "USD", "GBP")]
    assert invoices.reconcile(drafted["total_cents"], written) == {
        "invoices": drafted["invoices"],
        "total_cents": drafted["total_cents"],
    }
    euros = (Path(drafted["folder"]) / "EUR.csv").read_text(encoding="utf-8")
    assert "AC-1043;Granite Legal;19,00;11,04;30,04" in euros
    with pytest.raises(RuntimeError, match="cents were drafted"):
        invoices.reconcile(drafted["total_cents"], written[:2])
    extra = invoices.draft(DAY, "manual:2", False, 0, "prod", str(tmp_path))
    assert 0 < extra["invoices"] < drafted["invoices"]
    assert extra["folder"] != drafted["folder"]


def test_churn_is_no_guess_and_repeatable(load: Import, tmp_path: Path) -> None:
    churn = load("project", "subscriptions.churn")
    folds = [churn.evaluate(fold, 3, 400) for fold in range(3)]
    assert churn.accept(folds, 0.6) == 0.75
    with pytest.raises(RuntimeError, match="scoring nothing"):
        churn.accept(folds, 0.9)
    model = churn.train(400)
    assert model == churn.train(400)
    made = churn.score(model, 3, DAY, 0, "prod", str(tmp_path))
    assert [one["account"] for one in made["accounts"]] == ["AC-1176", "AC-1197", "AC-1225"]
    assert len(Path(made["path"]).read_text(encoding="utf-8").splitlines()) == 3
