"""The helper module: whatever is asked for, it is complete, clean, and does what it says."""

from __future__ import annotations

import ast
import itertools
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dagglot.expressions import HELPERS, needed
from expressions import helper_module

SUBSETS = sorted(
    {needed(chosen) for size in (0, 1, 2) for chosen in itertools.combinations(HELPERS, size)}
    | {needed(HELPERS)}
    | {needed(set(HELPERS) - {name}) for name in HELPERS}
)


@pytest.mark.parametrize("options", [{}, {"trim_blocks": True, "lstrip_blocks": True}])
def test_every_choice_is_clean(tmp_path: Path, ruff: str, options: dict[str, bool]) -> None:
    for number, functions in enumerate(SUBSETS):
        text = helper_module.render(functions, **options)
        defined = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
        assert defined == list(functions)
        (tmp_path / f"v{number}.py").write_text(text, encoding="utf-8", newline="\n")
    shared = ["--isolated", "--no-cache", "--line-length", "88"]
    for command in (["format", "--diff"], ["check", "--select", "E,F,W,I,B,RET,SIM,PIE"]):
        done = subprocess.run(
            [ruff, *command, *shared, "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[:3000]


@pytest.fixture(scope="module")
def helpers() -> dict[str, object]:
    return helper_module.load(HELPERS)


MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    "value, json",
    [
        ((1, (2,)), [1, [2]]),
        ({"d": date(2026, 1, 31)}, {"d": "2026-01-31"}),
        (datetime(2026, 1, 31, 3, tzinfo=MADRID), "2026-01-31T03:00:00+01:00"),
        (datetime(2026, 1, 31, 3, 0, 0, 5, tzinfo=UTC), "2026-01-31T03:00:00.000005+00:00"),
        (None, None),
        (True, True),
    ],
)
def test_to_json(helpers, value, json):
    assert helpers["to_json"](value) == json


@pytest.mark.parametrize(
    "value, message",
    [
        (float("nan"), "nan is not a finite number"),
        ({1: 2}, "the key 1 of a map is not a string"),
        ({1, 2}, "a value of type builtins.set cannot be written as JSON"),
        ([b""], "a value of type builtins.bytes cannot be written as JSON"),
        (timedelta(1), "a value of type datetime.timedelta cannot be written as JSON"),
    ],
)
def test_to_json_refuses(helpers, value, message):
    with pytest.raises(TypeError, match=message):
        helpers["to_json"](value)


def test_dates_of_params(helpers):
    assert helpers["to_date"]("2026-01-31") == date(2026, 1, 31)
    naive = helpers["to_datetime"]("2026-07-01T03:00:00", "Europe/Madrid")
    assert naive.isoformat() == "2026-07-01T03:00:00+02:00"
    aware = helpers["to_datetime"]("2026-07-01T03:00:00Z", "Europe/Madrid")
    assert aware == datetime(2026, 7, 1, 3, tzinfo=UTC)
    with pytest.raises(TypeError):
        helpers["to_date"](datetime(2026, 1, 1))
    with pytest.raises(ValueError):
        helpers["to_datetime"]("soon", "UTC")


def test_a_missing_step_has_a_default(helpers):
    value_at = helpers["value_at"]
    assert value_at({"a": [{"b": 0}]}, "a", 0, "b", default=1) == 0
    assert value_at({"a": [{"b": 0}]}, "a", 1, "b", default=1) == 1
    assert value_at(None, "a", default=1) == 1
    assert value_at({"a": None}, "a", default=1) == 1
    with pytest.raises(TypeError):
        value_at({"a": 3}, "a", "b", default=1)


def test_days_move_the_calendar_and_hours_elapse(helpers):
    add_time = helpers["add_time"]
    before = datetime(2026, 3, 28, 12, tzinfo=MADRID)  # the clocks go forward that night
    assert add_time(before, days=1).isoformat() == "2026-03-29T12:00:00+02:00"
    assert add_time(before, hours=24).isoformat() == "2026-03-29T13:00:00+02:00"
    assert add_time(date(2026, 1, 31), days=1) == date(2026, 2, 1)
    with pytest.raises(TypeError):
        add_time(date(2026, 1, 31), hours=1)
