"""What assets are called where, and which of them a target cannot call anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagglot import api
from dagglot.ir.model import Asset, Pipeline
from dagglot.targets import registry
from dagglot.targets.airflow import assets as airflow
from dagglot.targets.base import Context
from dagglot.targets.prefect import assets as prefect


def pipeline(folder: Path, assets: str, condition: str) -> Pipeline:
    document = folder / "pipeline.yaml"
    head = f"dagglot: 1\npipeline: p\nschedule: {{on_assets: {condition}}}\nassets: {assets}\n"
    document.write_text(head + "tasks: {t: {type: noop}}\n")
    front = api.check([document])
    assert not [one for one in front.diagnostics if one.is_error], front.diagnostics
    return front.pipelines[0]


@pytest.mark.parametrize(
    ("text", "is_uri"),
    [
        ("s3://lake/raw/orders", True),
        ("file:///data/orders.csv", True),
        ("x-warehouse://sales", True),
        ("postgres://warehouse/db/mart/sales", True),
        ("postgres://warehouse/mart.sales", False),  # its provider wants database, schema, table
        ("mysql://host/db", False),
        ("s3:///no-bucket", False),
        ("https://ada:secret@host/data", False),  # Airflow drops who it is for
        ("https://host/data#part", False),
        ("airflow://dag", False),
        ("S3://lake/raw", False),
        ("raw.orders", False),
        ("s3://lake/köln", False),
    ],
)
def test_airflow_gets_the_uris_that_it_would_leave_as_they_are(text: str, is_uri: bool) -> None:
    assert airflow.is_uri(text) is is_uri


def test_airflow_2_knows_a_dataset_by_its_uri_or_else_by_its_name() -> None:
    placed = Asset(name="raw.orders", uri="s3://lake/raw/orders")
    odd = Asset(name="mart.sales", uri="postgres://warehouse/mart.sales")
    assert airflow.identity(placed, "2.11") == "s3://lake/raw/orders"
    assert airflow.identity(odd, "2.11") == "mart.sales"
    assert airflow.identity(placed, "3.3") == "raw.orders"


@pytest.mark.parametrize(
    ("asset", "key"),
    [
        (Asset(name="raw.orders", uri="s3://lake/raw/orders"), "s3://lake/raw/orders"),
        (Asset(name="raw.orders"), "asset://raw.orders"),
        (Asset(name="raw orders, köln"), "asset://raw~20orders,~20k~C3~B6ln"),
        (Asset(name="all", uri="s3://lake/*"), "asset://all"),  # Prefect would match others too
        (Asset(name="q", uri="https://host/data?day=1"), "asset://q"),
    ],
)
def test_prefect_keys_are_what_prefect_takes(asset: Asset, key: str) -> None:
    assert prefect.key(asset) == key


@pytest.mark.parametrize(
    ("name", "version", "assets", "said"),
    [
        ("airflow", "3.3", "{self: {}}", "keeps that name for itself"),
        ("airflow", "3.3", '{"postgres://host/db": {}}', "takes the name for a URI"),
        ("airflow", "2.11", "{köln: {}}", "of ASCII characters"),
        ("airflow", "3.3", '{a: {uri: "s3://b/c"}, d: {uri: "s3://b/c"}}', "`a` and `d`"),
        ("prefect", "3.8", '{a: {uri: "s3://b/c"}, d: {uri: "s3://b/c"}}', "`a` and `d`"),
        ("prefect", "3.8", f"{{{'x' * 600}: {{}}}}", "512 characters"),
    ],
)
def test_what_has_no_name_there_is_refused(
    tmp_path: Path, name: str, version: str, assets: str, said: str
) -> None:
    names = [word.strip(' "') for word in _names(assets)]
    made = pipeline(tmp_path, assets, f"{{any: [{', '.join(map(repr, names))}]}}")
    found = registry.get(name).refusals(made, Context(version))
    assert said in " ".join(one.message for one in found)


def _names(assets: str) -> list[str]:
    if assets.startswith("{a:"):
        return ["a", "d"]
    return [assets[1:].rpartition(": {}")[0]]


def test_what_is_enough_is_a_trigger_of_its_own_on_prefect(tmp_path: Path) -> None:
    condition = "{any: [a, {all: [b]}, {any: [c]}, {all: [d, {any: [e, {all: [f, g]}]}]}]}"
    made = pipeline(tmp_path, "{a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}}", condition)

    def short(trigger: dict) -> object:  # type: ignore[type-arg]
        if trigger["type"] == "event":
            return trigger["match"]["prefect.resource.id"]
        return {trigger["require"]: [short(one) for one in trigger["triggers"]]}

    assert [short(one) for one in prefect.triggers(made)] == [
        ["asset://a", "asset://b", "asset://c"],
        {"all": ["asset://d", {"any": ["asset://e", {"all": ["asset://f", "asset://g"]}]}]},
    ]
