"""What is told where another pipeline names what came, went, or has another name."""

from __future__ import annotations

import pytest
from test_indirect import diffed

UP = """\
dagglot: 1
pipeline: {up}
{params}tasks:
  {load}: {{type: python, call: 'etl:load', args: {{table: orders}}}}
"""
DOWN = """\
---
dagglot: 1
pipeline: down
tasks:
  wait: {{type: sensor, wait_for: {{pipeline: {up}, task: {load}}}}}
  go: {{type: trigger_pipeline, pipeline: {up}}}
"""


def both(up: str = "up", load: str = "load", params: str = "", *, down: str = "") -> str:
    """The documents; ``down`` names what the other one names, or says it by itself."""
    return UP.format(up=up, load=load, params=params) + (down or DOWN.format(up=up, load=load))


def told(before: str, after: str) -> dict[str, tuple[str, str]]:
    """The code and the risk of each change of `down`, by its path."""
    return {
        one.change.path: (one.verdict.rule.code, one.risk.value)
        for part in diffed(before, after).pipelines
        if part.id == "down"
        for one in part.changes
    }


OLD = DOWN.format(up="up", load="load")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # who follows a new name waits for the same
        (
            both(load="read"),
            {"tasks.wait.wait_for.task": ("DG627", "safe")},
        ),
        (
            both(up="above"),
            {
                "tasks.wait.wait_for.pipeline": ("DG627", "safe"),
                "tasks.go.pipeline": ("DG627", "safe"),
            },
        ),
        (both(load="read", down=OLD), {"tasks.wait.wait_for.task": ("DG628", "breaking")}),
        (both(params="params: {day: {type: date, default: '2026-01-01'}}\n"), {}),
        (
            both(params="params: {day: {type: date}}\n"),
            {"tasks.go.params.day": ("DG628", "breaking")},
        ),
    ],
)
def test_what_is_named(after: str, expected: dict[str, tuple[str, str]]) -> None:
    assert told(both(), after) == expected


def test_what_led_to_nothing_before_is_no_change() -> None:
    before = both(down=DOWN.format(up="of_others", load="x"))
    assert told(before, before.replace("table: orders", "table: all")) == {}
    wrong = both(down=DOWN.format(up="up", load="x"))
    assert told(wrong, wrong.replace("table: orders", "table: all")) == {}


def test_one_name_that_is_wrong_is_one_change() -> None:
    assert told(both(), both(down=DOWN.format(up="up", load="laod"))) == {
        "tasks.wait.wait_for.task": ("DG628", "breaking")
    }


def test_what_is_not_looked_at_may_be_elsewhere() -> None:
    """As where git shows one file: whom it named before is not there either."""
    before, after = (DOWN.format(up=up, load="x") for up in ("of_others", "of_more"))
    assert told(before, after) == {
        "tasks.wait.wait_for.pipeline": ("DG627", "review"),
        "tasks.go.pipeline": ("DG627", "review"),
    }
    new = "  too: {type: trigger_pipeline, pipeline: of_others}\n"
    assert told(both(), both() + new) == {"tasks.too": ("DG608", "safe")}
    wrong = "  too: {type: sensor, wait_for: {pipeline: up, task: x}}\n"
    assert told(both(), both() + wrong) == {
        "tasks.too": ("DG608", "safe"),
        "tasks.too.wait_for.task": ("DG628", "breaking"),
    }
