"""What a change leaves behind where the pipeline is deployed: told for each target, and weighed
where the project says that it is deployed there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_compare import read

from dagglot.targets import registry
from dagglot.targets.base import Event
from front_tools import Space

REAL = registry.get
DAILY = "schedule: {cron: '0 3 * * *', timezone: UTC}\n"
OFF = "schedule: {cron: '0 3 * * *', timezone: UTC, enabled: false}\n"
TEXT = "dagglot: 1\npipeline: {}\n{}tasks: {{a: {{type: shell, run: load}}}}\n"


@pytest.fixture
def here(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(registry, "get", REAL)
    return space


def changed(space: Space, targets: str, before: str, after: str) -> tuple[str, dict[str, Any]]:
    space.write("old.yaml", before)
    space.write("new.yaml", after)
    space.write("dagglot.yaml", f"dagglot: 1\nproject: test\ntargets: {targets}\n")
    ran = space.run("diff", "new.yaml", "--base", "old.yaml", "--format", "json")
    ((change,),) = (one["changes"] for one in json.loads(ran.out)["pipelines"])
    return change["risk"], {one["target"]: one for one in change["on"]}


@pytest.mark.parametrize(
    ("targets", "risk", "told"),
    [
        ("{}", "review", {"airflow": "review", "prefect": "breaking", "dagster": "review"}),
        ("{airflow: {}, dagster: {}}", "review", {"airflow": "review", "dagster": "review"}),
        ("{prefect: {}}", "breaking", {"prefect": "breaking"}),
    ],
)
def test_a_pipeline_that_is_moved(
    here: Space, targets: str, risk: str, told: dict[str, str]
) -> None:
    """On Prefect the old deployment goes on making runs: where it is deployed there, it counts."""
    moved = "moved: {from: orders}\n"
    found = changed(here, targets, TEXT.format("orders", DAILY), TEXT.format("new", DAILY + moved))
    assert (found[0], {name: one["risk"] for name, one in found[1].items()}) == (risk, told)
    if "prefect" in found[1]:
        assert found[1]["prefect"]["commands"] == ["prefect deployment delete 'orders/orders'"]


def test_one_that_nothing_starts_is_no_worse_on_prefect(here: Space) -> None:
    moved = "moved: {from: orders}\n"
    found = changed(here, "{prefect: {}}", TEXT.format("orders", ""), TEXT.format("new", moved))
    assert (found[0], found[1]["prefect"]["risk"]) == ("review", "review")


def test_a_schedule_that_is_switched_off(here: Space) -> None:
    """Only in Dagster a hand in the UI is stronger than the code."""
    risk, on = changed(here, "{}", TEXT.format("a", DAILY), TEXT.format("a", OFF))
    assert (risk, sorted(on)) == ("review", ["dagster", "prefect"])
    assert (on["dagster"]["risk"], on["prefect"]["risk"]) == ("review", "review")
    assert on["dagster"]["commands"] == ["dagster schedule stop a_schedule"]


def test_the_text_says_what_to_do(here: Space) -> None:
    here.write("old.yaml", TEXT.format("a", DAILY) + "---\n" + TEXT.format("b", DAILY))
    here.write("new.yaml", TEXT.format("b", DAILY))
    out = here.run("diff", "new.yaml", "--base", "old.yaml").out
    assert "      prefect: `prefect deploy` deletes no deployment" in out
    assert "        $ prefect deployment delete 'a/a'\n" in out


@pytest.mark.parametrize("name", registry.NAMES)
@pytest.mark.parametrize("event", Event)
def test_in_the_house_style(name: str, event: Event) -> None:
    for before in ("", DAILY, OFF):
        for after in ("", DAILY, OFF):
            one, other = read(TEXT.format("a", before)), read(TEXT.format("b", after))
            told = registry.aftermath(name)(event, one, other)
            if told is not None:
                assert not told.note.endswith(".")
                assert told.note.count("`") % 2 == 0
                assert told.risk in ("", "breaking", "review", "undecidable")
