"""`moved:` is followed where it names what is gone, and is told where it does not."""

from __future__ import annotations

import pytest
from test_indirect import diffed

HEAD = "dagglot: 1\npipeline: orders\ntasks:\n"
LOAD = "{type: python, call: 'etl:load', args: {table: orders, day: 1}"
TIDY = "  tidy: {type: shell, run: tidy}\n"
BEFORE = f"{HEAD}  load: {LOAD}}}\n{TIDY}"


def told(before: str, after: str) -> dict[str, tuple[str, str]]:
    return {
        one.change.path: (one.verdict.rule.code, one.risk.value)
        for part in diffed(before, after).pipelines
        for one in part.changes
    }


def of(name: str, moved: str) -> str:
    return f"{HEAD}  {name}: {LOAD}, moved: {{from: {moved}}}}}\n{TIDY}"


NOTE = ("DG607", "cosmetic")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (of("read", "load"), {"tasks.read": ("DG607", "review")}),
        # it is found by its likeness, and nobody meant that
        (
            of("read", "nonsense"),
            {"tasks.read": ("DG606", "breaking"), "tasks.read.moved": NOTE},
        ),
        (of("read", "tidy"), {"tasks.read": ("DG606", "breaking"), "tasks.read.moved": NOTE}),
        (of("load", "nonsense"), {"tasks.load.moved": NOTE}),
        (of("load", "load"), {"tasks.load.moved": NOTE}),
        (
            f"{HEAD}  group:\n    tasks:\n      load: {LOAD}, moved: {{from: load}}}}\n{TIDY}",
            {"tasks.group.load": ("DG607", "review"), "groups.group": ("DG609", "cosmetic")},
        ),
    ],
)
def test_of_a_task(after: str, expected: dict[str, tuple[str, str]]) -> None:
    assert told(BEFORE, after) == expected


def test_what_was_followed_once_stands_there_still() -> None:
    after = of("read", "load")
    assert told(after, after.replace("day: 1", "day: 2")) == {
        "tasks.read.args.day": ("DG627", "review")
    }


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ("orders", {"pipeline": ("DG603", "review")}),
        ("nonsense", {"pipeline": ("DG602", "breaking"), "moved": ("DG603", "cosmetic")}),
        ("sales", {"pipeline": ("DG602", "breaking"), "moved": ("DG603", "cosmetic")}),
    ],
)
def test_of_a_pipeline(moved: str, expected: dict[str, tuple[str, str]]) -> None:
    after = BEFORE.replace("pipeline: orders\n", f"pipeline: sales\nmoved: {{from: {moved}}}\n")
    assert told(BEFORE, after) == expected
    assert told(after, after.replace("run: tidy", "run: tidy up")).keys() == {"tasks.tidy.run"}
