"""Which other pipelines a change reaches, by which way, and what a text shows of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dagglot import api, yaml_reader
from dagglot.diff.judge import Diff, judge
from dagglot.ir.model import Pipeline
from dagglot.reports import diff as reports
from dagglot.reports.table import plain

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ASSETS = "assets: {raw: {external: true}, clean: {}, mart: {}}\n"


def maker(more: str, run: str) -> str:
    head = f"dagglot: 1\npipeline: maker\n{ASSETS}{more}"
    return f"{head}tasks:\n  make: {{type: shell, run: {run}, produces: clean}}\n"


def read(text: str) -> tuple[Pipeline, ...]:
    """The pipelines of all documents of a text."""
    documents, found = yaml_reader.load(text, "a.yaml")
    assert not found, found
    made = [api.check_document(one) for one in documents]
    assert not [one for _, wrong in made for one in wrong if one.is_error], made
    return tuple(one for some, _ in made for one in some)


OLD, NEW = (maker("", word) for word in ("one", "two"))
OTHERS = f"""\
---
dagglot: 1
pipeline: reader
{ASSETS}tasks:
  read: {{type: shell, run: x, consumes: clean, produces: mart}}
---
dagglot: 1
pipeline: started
{ASSETS}schedule: {{on_assets: {{any: [raw, clean]}}}}
tasks:
  read: {{type: shell, run: x}}
---
dagglot: 1
pipeline: watching
{ASSETS}tasks:
  look: {{type: sensor, wait_for: {{asset: clean}}}}
  wait: {{type: sensor, wait_for: {{pipeline: maker}}}}
---
dagglot: 1
pipeline: starter
tasks:
  start: {{type: trigger_pipeline, pipeline: maker}}
---
dagglot: 1
pipeline: far
{ASSETS}tasks:
  read: {{type: shell, run: x, consumes: mart}}
---
dagglot: 1
pipeline: alone
tasks:
  read: {{type: noop}}
"""


def diffed(before: str, after: str) -> Diff:
    return judge(read(before), read(after), SINCE)


def reached(before: str, after: str) -> set[tuple[str, str, str, str | None]]:
    return {
        (one.pipeline, one.way, one.name, one.through)
        for part in diffed(before, after).pipelines
        for one in part.reached
    }


NEAR = {
    ("reader", "reads", "clean", None),
    ("started", "started_by_asset", "clean", None),
    ("watching", "waits_for_asset", "clean", None),
    ("watching", "waits_for", "maker", None),
    ("starter", "triggers", "maker", None),
}


def test_every_way() -> None:
    assert reached(OLD + OTHERS, NEW + OTHERS) == {*NEAR, ("far", "reads", "mart", "reader")}


def test_what_is_gone_reaches_who_needs_it() -> None:
    rest = OTHERS.removeprefix("---\n")
    assert reached(OLD + OTHERS, rest) == {*NEAR, ("far", "reads", "mart", "reader")}


def test_another_name_reaches_who_waits_for_the_old_one() -> None:
    moved = NEW.replace("pipeline: maker\n", "pipeline: made\nmoved: {from: maker}\n")
    assert reached(OLD + OTHERS, moved + OTHERS) >= NEAR


def test_who_is_started_by_it() -> None:
    text = (
        "dagglot: 1\npipeline: one\ntasks:\n  go: {{type: trigger_pipeline, pipeline: two}}\n"
        "  more: {{type: shell, run: {}}}\n---\n"
        "dagglot: 1\npipeline: two\ntasks:\n  back: {{type: trigger_pipeline, pipeline: one}}\n"
    )
    found = reached(text.format("a"), text.format("b"))
    assert found == {("two", "started_by", "one", None), ("two", "triggers", "one", None)}
    # also where it starts it no more
    without = text.format("a").replace("type: trigger_pipeline, pipeline: two", "type: noop")
    assert ("two", "started_by", "one", None) in reached(text.format("a"), without)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "owner: me\n"),
        ("timeout: 1h\n", "timeout: 2h\n"),
        ("alerts: {a: {type: slack, webhook: x}}\non_failure: a\n", ""),
    ],
)
def test_what_nobody_feels_reaches_nobody(before: str, after: str) -> None:
    """What is safe, and who is told of a failure, although that is breaking."""
    one, other = (maker(text, "one") for text in (before, after))
    assert diffed(one + OTHERS, other + OTHERS).pipelines
    assert reached(one + OTHERS, other + OTHERS) == set()


def test_the_text() -> None:
    graph = (
        "dagglot: 1\npipeline: a\ntasks:\n  one: {type: shell, run: a}\n"
        "  two: {type: shell, run: b, depends_on: one}\n"
        "  end: {type: shell, run: c, depends_on: two}\n"
    )
    later = graph.replace("  two: {type: shell, run: b, depends_on: one}\n", "").replace(
        "depends_on: two", "depends_on: [one, new]"
    )
    later += "  new: {type: python, call: 'x:y', args: {a: 1}}\n"
    text = reports.as_text(reports.as_data(diffed(graph, later), "old"), plain)
    assert text.split("  graph\n")[1] == (
        "    ~  end  now after one, new, no longer after two\n"
        "    +  new  first\n"
        "    -  two  was after one\n"
        "\n1 pipeline changed, 0 did not: 1 breaking, 4 review\n"
    )
    text = reports.as_text(reports.as_data(diffed(OLD + OTHERS, NEW + OTHERS), "old"), plain)
    assert text.split("a.yaml:5\n")[1] == (
        "  indirect  watching waits for `maker` and waits for the asset `clean`\n"
        "            starter starts `maker`\n"
        "            reader reads `clean`\n"
        "            started is started by the asset `clean`\n"
        "            by these: far\n"
        "\n1 pipeline changed, 6 did not: 1 review\n"
    )
