"""Who is told of what, from the pipeline alone."""

from __future__ import annotations

from pathlib import Path

from dagglot import api
from dagglot.expressions.tree import EVENT_FIELDS
from dagglot.ir import events
from dagglot.ir.model import Pipeline

DOCUMENT = """\
dagglot: 1
pipeline: p
alerts:
  a: {type: webhook, url: "https://a"}
  b: {type: webhook, url: "https://b"}
  c: {type: webhook, url: "https://c"}
on_failure: [b, a, b]
deadline: {after: 1h, alerts: a}
defaults: {on_retry: a}
tasks:
  once: {type: noop, on_success: b}
  twice: {type: noop, retries: 1}
"""


def built(tmp_path: Path, text: str = DOCUMENT) -> Pipeline:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    front = api.check([path])
    assert not front.diagnostics
    return front.pipelines[0]


def test_the_run_and_its_deadline(tmp_path: Path) -> None:
    found = list(events.of_run(built(tmp_path)))
    assert [(one.state, [alert.name for alert in one.alerts]) for one in found] == [
        ("failed", ["b", "a"]),
        ("late", ["a"]),
    ]


def test_nobody_is_told_of_a_retry_that_cannot_come(tmp_path: Path) -> None:
    pipeline = built(tmp_path)
    found = {
        task.id: [one.state for one in events.of_task(pipeline, task)] for task in pipeline.tasks
    }
    assert found == {"once": ["success"], "twice": ["retrying"]}


def test_an_alert_that_nothing_names_is_left_out(tmp_path: Path) -> None:
    assert [alert.name for alert in events.told(built(tmp_path))] == ["a", "b"]


def test_the_page_names_every_field() -> None:
    assert events.__doc__ is not None
    rows = [line.split(" ")[0] for line in events.__doc__.splitlines()]
    assert set(EVENT_FIELDS) < set(rows)
