"""The examples' own Python, without any orchestrator: what a reader would try first."""

from __future__ import annotations

import datetime
import hashlib
import importlib
import inspect
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import pytest

from dagglot import api
from dagglot.expressions.evaluate import Environment, evaluate, to_json
from dagglot.ir import graph
from dagglot.ir.model import NoopBody, Pipeline, PythonBody, ShellBody, Task

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = {
    "hello": EXAMPLES / "hello",
    "orders_daily": EXAMPLES / "orders_daily",
    "groups_and_defaults": EXAMPLES / "groups_and_defaults",
    "fan_out": EXAMPLES / "fan_out",
    "churn_training": EXAMPLES / "churn_training",
    "warehouse_elt": EXAMPLES / "warehouse_elt",
    "project": EXAMPLES / "project" / "src",
    "asset_lineage": EXAMPLES / "asset_lineage",
    "backfill_partitions": EXAMPLES / "backfill_partitions",
}
OWN = {
    *("greetings", "orders", "readings", "stations", "churn", "make_customers", "subscriptions"),
    *("shop", "make_exports", "lake", "meter"),
}
NOT_HERE = (
    "joblib",
    *(
        f"sklearn{name}"
        for name in (
            "",
            ".ensemble",
            ".feature_extraction",
            ".linear_model",
            ".metrics",
            ".model_selection",
            ".neighbors",
            ".pipeline",
            ".preprocessing",
        )
    ),
)
"""What an example needs and the compiler's own environment does not have."""
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
        if name.split(".")[0] in OWN:
            del sys.modules[name]


def pipelines(example: str, environment: str | None = None) -> tuple[Pipeline, ...]:
    root = EXAMPLES / example
    opened = api.open_project(root, environment)
    paths = [] if opened.project.document is not None else [root]
    front = api.check(paths, opened.project)
    assert [str(finding) for finding in (*opened.diagnostics, *front.diagnostics)] == []
    return tuple(front.pipelines)


@pytest.mark.parametrize("example", SOURCES)
def test_every_call_is_a_function_that_takes_its_args(
    example: str, load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NOT_HERE:  # to look at a function's parameters, its libraries need not be there
        monkeypatch.setitem(sys.modules, name, MagicMock())
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
        if task.for_each is None:
            outputs[id] = run_task(example, task, known, load, cwd)
        else:
            outputs[id] = [
                run_task(example, task, replace(known, item=item, index=index), load, cwd)
                for index, item in enumerate(evaluate(task.for_each.items, known))
            ]
    return outputs


def run_task(example: str, task: Task, known: Environment, load: Import, cwd: Path) -> Any:
    match task.body:
        case PythonBody() as body:
            function = getattr(load(example, body.module), body.function)
            return to_json(function(**evaluate(dict(body.args), known)))
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
            if body.output == "json":
                return json.loads(last)
            return last if body.output == "text" else None
        case NoopBody():
            return None
        case other:
            raise AssertionError(f"{task.id}: no way to run {other}")


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


def test_the_asset_lineage_runs(load: Import, tmp_path: Path) -> None:
    exports, cleaning, marts = (
        load("asset_lineage", f"lake.{name}") for name in ("exports", "cleaning", "marts")
    )
    brought = [exports.bring_in(name, tmp_path) for name in ("orders", "rates")]
    assert all(map(exports.has_rows, brought))
    cleaned = cleaning.clean(tmp_path)
    assert cleaned == {"read": 45, "kept": 40, "rejected": 3}
    assert cleaning.is_each_once(tmp_path)
    assert not cleaning.are_few(cleaned["rejected"], cleaned["read"])
    sales = marts.sales(tmp_path)
    assert marts.are_positive(sales["euros"])
    readme = (EXAMPLES / "asset_lineage" / "README.md").read_text(encoding="utf-8")
    assert marts.headline(sales["euros"], tmp_path) in readme


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


def test_orders_from_exports_to_report(load: Import, tmp_path: Path) -> None:
    checked = load("orders_daily", "orders.validate").check_exports(None, 20, "skip")
    assert checked["rejected"] == 6
    assert [(one["region"], one["orders"]) for one in checked["regions"]] == [
        ("americas", 29),
        ("apac", 27),
        ("emea", 28),
    ]

    load_region = load("orders_daily", "orders.load").load_region

    def one(found: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = load_region(
            found["region"], found["orders"], False, None, str(tmp_path)
        )
        return made

    with ThreadPoolExecutor(6) as pool:  # two runs at once
        loads = list(pool.map(one, checked["regions"] * 2))
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
    load_region("emea", 28, False, None, str(tmp_path))
    with closing(sqlite3.connect(tmp_path / "warehouse.sqlite")) as db, db:
        db.execute("update orders set order_id = 'E-1' where order_id = 'E-41200'")

    def count() -> int:
        with closing(sqlite3.connect(tmp_path / "warehouse.sqlite")) as db:
            return int(db.execute("select count(*) from orders").fetchone()[0])

    load_region("emea", 28, False, None, str(tmp_path))
    assert count() == 29
    load_region("emea", 28, True, None, str(tmp_path))
    assert count() == 28


def test_orders_loads_what_has_arrived(load: Import, tmp_path: Path) -> None:
    check_exports = load("orders_daily", "orders.validate").check_exports
    exports = load("orders_daily", "orders.exports")
    assert check_exports(str(tmp_path), 20, "skip") == {"regions": [], "rejected": 0}
    shutil.copy(exports.EXPORTS / "emea.csv", tmp_path / "dach.csv")
    (found,) = check_exports(str(tmp_path), 20, "skip")["regions"]
    assert (found["region"], found["orders"]) == ("dach", 28)
    load_region = load("orders_daily", "orders.load").load_region
    results = tmp_path / "results"
    loaded = load_region("dach", found["orders"], False, str(tmp_path), str(results))
    assert (loaded["region"], loaded["orders"]) == ("dach", 28)
    with pytest.raises(exports.BrokenExportError, match="there is no folder"):
        check_exports(str(tmp_path / "nowhere"), 20, "skip")


def test_orders_refuses_what_is_not_fit_to_load(load: Import, tmp_path: Path) -> None:
    check_exports = load("orders_daily", "orders.validate").check_exports
    exports = load("orders_daily", "orders.exports")
    with pytest.raises(exports.BrokenExportError, match="apac: 27 orders, expected at least 28"):
        check_exports(None, 28, "skip")
    with pytest.raises(exports.BrokenExportError, match="emea: 2 bad rows"):
        check_exports(None, 0, "fail")
    with pytest.raises(RuntimeError, match="30 orders were validated"):
        load("orders_daily", "orders.load").load_region("emea", 30, False, None, str(tmp_path))

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


def test_air_quality_by_hand(load: Import, tmp_path: Path) -> None:
    """The tasks one by one, as the pipeline puts them together."""
    files, store = load("fan_out", "stations.files"), load("fan_out", "stations.store")
    report = load("fan_out", "stations.report")
    places = load("fan_out", "stations.folders").make_scratch("manual:1", str(tmp_path))
    read, loaded = [], []
    for number, path in enumerate(files.find(None)):
        try:
            read.append(files.read(path, number, places["folder"]))
        except files.StillWritingError as error:
            assert "turin.csv ends after 17 lines" in str(error)
            read.append(None)
        if read[-1] is None or read[-1]["usable"] < 0.75:
            loaded.append(None)
        else:
            loaded.append(store.load(read[-1]["path"], places["results"]))
    assert [None if one is None else one["usable"] for one in read] == [
        0.958, 0.917, 1.0, 0.667, None, 1.0
    ]  # fmt: skip
    assert store.load(read[0]["path"], places["results"]) == loaded[0]  # as a second attempt would

    counts = report.count(read, loaded)
    assert counts == {
        "files": 6,
        "cut_off": 1,
        "not_loaded": 1,
        "loaded": 4,
        "stations": ["brno", "ghent", "leipzig", "uppsala"],
    }
    summaries = [store.summarise(station, places["results"]) for station in counts["stations"]]
    made = report.build(DAY, counts, summaries, places["results"])
    assert made["headline"] == "6 files: 4 loaded, 1 not loaded, 1 cut off"
    readme = (EXAMPLES / "fan_out" / "README.md").read_text(encoding="utf-8")
    assert Path(made["path"]).read_text(encoding="utf-8") in readme
    with pytest.raises(LookupError, match="nothing was loaded for porto"):
        store.summarise("porto", places["results"])


def test_air_quality_without_files(load: Import, tmp_path: Path) -> None:
    files, report = load("fan_out", "stations.files"), load("fan_out", "stations.report")
    assert files.find(str(tmp_path)) == []
    made = report.build(DAY, report.count([], []), [], str(tmp_path))
    assert made["headline"] == "0 files: 0 loaded, 0 not loaded, 0 cut off"
    with pytest.raises(NotADirectoryError, match="there is no folder"):
        files.find(str(tmp_path / "nowhere"))


def test_what_a_sensor_does_not_know_is_no_number(load: Import, tmp_path: Path) -> None:
    read = load("fan_out", "stations.files").read
    path = tmp_path / "x.csv"
    head = "#station x\nhour,pm25,pm10\n"
    rows = "00:00,1.5,2\n01:00,NaN,2\n02:00,-1,2\n03:00,9999,2\n04:00,,2\n05:00\n00:00,2.5,2\n"
    path.write_text(f"{head}{rows}#end\n", encoding="utf-8")
    made = read(str(path), 7, str(tmp_path))
    assert made["usable"] == round(1 / 24, 3)
    kept = json.loads((tmp_path / "7.json").read_text(encoding="utf-8"))
    assert kept == {"station": "x", "hours": {"00:00": 2.5}}
    path.write_text("", encoding="utf-8")
    with pytest.raises(Exception, match="ends after 0 lines"):
        read(str(path), 7, str(tmp_path))


def test_churn_customers_are_those_of_the_generator(
    load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES / "churn_training" / "data"))
    written = io.StringIO()
    load("churn_training", "make_customers").write(written)
    shipped = EXAMPLES / "churn_training" / "data" / "customers.csv"
    assert shipped.read_bytes() == written.getvalue().encode()


def test_churn_customers_keep_their_side(load: Import, tmp_path: Path) -> None:
    customers = load("churn_training", "churn.customers")
    made = customers.prepare("manual:1", str(tmp_path))
    assert (made["training"], made["held_out"]) == (425, 175)
    assert Path(made["folder"]).parent == tmp_path / "runs"
    assert made == customers.prepare("manual:1", str(tmp_path))
    seen, churned = customers.load(made["folder"], "held_out")
    assert (len(seen), sum(churned)) == (175, 58)
    assert set(seen[0]) == {"contract", *customers.NUMBERS}  # neither the id nor the answer
    half = tmp_path / "half.csv"
    lines = customers.CUSTOMERS.read_text(encoding="utf-8").splitlines(keepends=True)
    half.write_text("".join(lines[:301]), encoding="utf-8")
    assert all(
        customers.is_held_out(one["customer"]) == customers.is_held_out(two["customer"])
        for one, two in zip(customers.read(half), customers.read(), strict=False)
    )
    gaps = [line for line in lines if ",," in line]
    assert gaps
    assert all(one["data_gb"] > 0 for one in customers.read())


def test_churn_best_and_gain(load: Import) -> None:
    registry = load("churn_training", "churn.registry")
    candidates = [{"name": name, "auc": auc} for name, auc in (("a", 0.8), ("b", 0.9), ("c", 0.9))]
    assert registry.best(candidates)["name"] == "b"
    assert registry.gain(0.83, None) == 0.33
    assert registry.gain(0.83, 0.84) == -0.01


def test_churn_deploys_whole_or_not_at_all(
    load: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = load("churn_training", "churn.registry")
    model = tmp_path / "0.joblib"
    model.write_bytes(b"first")
    made = registry.deploy(str(model), str(tmp_path))
    assert made["sha256"] == hashlib.sha256(b"first").hexdigest()
    assert made == registry.deploy(str(model), str(tmp_path))
    model.write_bytes(b"second")

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk is full"):
        patch.setattr(registry.shutil, "copyfileobj", fails)
        registry.deploy(str(model), str(tmp_path))
    assert registry.champion_of(str(tmp_path)).read_bytes() == b"first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.joblib", "champion.joblib"]
    registry.deploy(str(model), str(tmp_path))
    assert registry.champion_of(str(tmp_path)).read_bytes() == b"second"


def test_churn_report(load: Import, tmp_path: Path) -> None:
    build = load("churn_training", "churn.report").build
    candidates = [
        {"name": "boosting", "auc": 0.8041, "spread": 0.0113},
        {"name": "logistic", "auc": 0.8271, "spread": 0.0255},
    ]
    challenger = {"name": "logistic", "auc": 0.8302, "accuracy": 0.7657, "baseline_accuracy": 0.67}
    none = {"champion": None, "auc": None, "gain": 0.3302}
    made = build(DAY, candidates, challenger, none, {"path": "x"}, str(tmp_path))
    lines = Path(made["path"]).read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines[3:5]] == ["logistic", "boosting"]
    assert lines[-1] == "no champion yet: deployed"
    kept = {"champion": "logistic", "auc": 0.8302, "gain": 0.0}
    made = build(DAY, candidates, challenger, kept, None, str(tmp_path))
    text = Path(made["path"]).read_text(encoding="utf-8")
    assert text.endswith("champion logistic 0.830: the champion stays\n")
    assert made["deployed"] is False


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


def test_the_shops_exports_are_those_of_the_generator(
    load: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = EXAMPLES / "warehouse_elt" / "data"
    monkeypatch.syspath_prepend(str(data))
    generator = load("warehouse_elt", "make_exports")
    monkeypatch.setattr(generator, "HERE", tmp_path)
    generator.main()
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.csv")}
    shipped = data / "exports"
    assert made == {path.relative_to(shipped): path.read_bytes() for path in shipped.rglob("*.csv")}
    assert len(made) == 12


def test_the_shops_latest_export_is_found(load: Import, tmp_path: Path) -> None:
    exports = load("warehouse_elt", "shop.exports")
    folder = str(tmp_path / "results")
    found = exports.find(None, folder)
    assert (found["day"], Path(folder).is_dir()) == ("2026-10-24", True)
    assert exports.find(datetime.date(2026, 10, 22), folder)["orders"].endswith("10-22/orders.csv")
    assert (Path(found["project"]) / "dbt_project.yml").is_file()
    with pytest.raises(FileNotFoundError, match="no export of 2026-01-15; there are 2026-10-21"):
        exports.find(DAY, folder)


def test_the_shops_report_adds_up(load: Import, tmp_path: Path) -> None:
    build = load("warehouse_elt", "shop.report").build
    rows = [
        {"category": "tea", "orders": 2, "sold": 3, "revenue": 1000.1},
        {"category": "ware", "orders": 1, "sold": 1, "revenue": 0.2},
    ]
    made = build("2026-01-15", 4, rows, str(tmp_path))
    assert (made["orders"], made["revenue"]) == (3, 1000.3)
    text = Path(made["path"]).read_text(encoding="utf-8")
    assert "total              3       4      1,000.30\n" in text
    assert list(tmp_path.iterdir()) == [Path(made["path"])]


# --- backfill_partitions ------------------------------------------------------------------------


def test_a_day_has_as_many_hours_as_the_clocks_show(load: Import, tmp_path: Path) -> None:
    between = load("backfill_partitions", "meter.readings").between
    days = load("backfill_partitions", "meter.days")
    hours = []
    for text in ("2026-03-28", "2026-03-29", "2026-10-25"):
        day = datetime.date.fromisoformat(text)
        start, end = (
            datetime.datetime.combine(one, datetime.time(), ZoneInfo("Europe/Madrid"))
            for one in (day, day + datetime.timedelta(days=1))
        )
        found = between(start, end)
        hours.append(found["hours"])
        first = days.store(day, found, str(tmp_path))
        assert days.store(day, found, str(tmp_path)) == first  # it is replaced
    assert hours == [24, 23, 25]
    assert days.month("2026-03", str(tmp_path)).endswith("kWh in 2 days")
