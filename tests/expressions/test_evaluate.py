"""The reference semantics, case by case; durations, dates and texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dagglot.expressions.evaluate import Environment, EvaluationError, evaluate, text_of
from dagglot.expressions.functions import parse_duration, parse_move
from dagglot.expressions.parse import Scope, parse_value
from dagglot.expressions.types import Kind, Type

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("1w", 604800),
        ("1h30m", 5400),
        ("1w2d3h4m5s", 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5),
        ("PT1H30M", 5400),
        ("P1DT2H", 93600),
        ("P1W", 604800),
        ("PT0.5S", 0.5),
        ("1.5s", 1.5),
        ("90m", 5400),
        ("0s", 0),
        ("", None),
        ("5", None),
        ("m", None),
        ("30m1h", None),
        ("1h1h", None),
        ("1.5h", None),
        ("-1d", None),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("P1M", None),
        ("P1Y", None),
        ("1 h", None),
        ("1h\n", None),
        ("١h", None),
        ("99999999999d", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert parse_duration(text) == expected


def test_moves_keep_days_apart_from_hours() -> None:
    move = parse_move("-1w1d2h")
    assert move is not None
    assert (move.days, move.elapsed) == (-8, timedelta(hours=-2))


@pytest.mark.parametrize(
    "value, text",
    [
        ("a", "a"),
        (True, "true"),
        (3, "3"),
        (1.0, "1.0"),
        (1e16, "1e+16"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 3, tzinfo=MADRID), "2026-01-31T03:00:00+01:00"),
        (datetime(2026, 1, 31, 3, 0, 0, 500, tzinfo=UTC), "2026-01-31T03:00:00.000500+00:00"),
        ([1, "é", None], '[1,"é",null]'),
        ({"a": date(2026, 1, 31)}, '{"a":"2026-01-31"}'),
    ],
)
def test_texts(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [None, float("nan"), {1: 2}, object(), b"x"])
def test_what_has_no_text(value: object) -> None:
    with pytest.raises(EvaluationError):
        text_of(value)


SCOPE = Scope(
    params={"t": Type(Kind.DATETIME), "d": Type(Kind.DATE), "b": Type(Kind.BOOLEAN)},
    resolve_task=lambda path: path if path in ("a", "b") else None,
    for_each=True,
)
ENV = Environment(
    params={"t": datetime(2026, 3, 28, 2, 30, tzinfo=MADRID), "d": date(2026, 1, 31), "b": True},
    outputs={"a": {"rows": 3, "none": None, "list": [1], "items": 5, "one": 1}},
    item="x",
)


def value_of(text: str) -> object:
    value, problems = parse_value(f"${{{{ {text} }}}}", SCOPE)
    assert problems == ()
    return evaluate(value, ENV)


@pytest.mark.parametrize(
    "text, value",
    [
        ("tasks.a.output.rows + 1", 4),
        ("tasks.a.output['items']", 5),
        ("tasks.b.output == null", True),
        ("default(tasks.b.output.rows, 7)", 7),
        ("default(tasks.a.output.none.deep, 7)", 7),
        ("default(tasks.a.output.list[3], 7)", 7),
        ("default(tasks.a.output.rows, tasks.b.output.rows)", 3),
        ("tasks.a.output.one == true", False),
        ("tasks.a.output.one == 1", True),
        ("params.b == true", True),
        ("params.b and tasks.a.output.rows > 2", True),
        ("1 < tasks.a.output.rows < 3", False),
        ("add(params.d, '1d')", date(2026, 2, 1)),
        ("str(add(params.t, '1d'))", "2026-03-29T03:30:00+02:00"),  # 02:30 does not exist
        ("str(add(params.t, '24h'))", "2026-03-29T03:30:00+02:00"),
        ("str(add(params.t, '2d'))", "2026-03-30T02:30:00+02:00"),
        ("str(add(params.t, '48h'))", "2026-03-30T03:30:00+02:00"),
        ("format(params.t, '%Y%m%d %H%M')", "20260328 0230"),
        ("int('3') + int(2.9)", 5),
        ("bool('False')", False),
    ],
)
def test_values(text: str, value: object) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "text, message",
    [
        ("tasks.b.output.rows", "null has no 'rows': write `default(x, …)`"),
        ("tasks.a.output.nope", "there is no key 'nope'"),
        ("tasks.a.output.rows / index", "division by zero"),
        ("item and true and item", "a condition must be a boolean, not a string"),
        ("1 if tasks.a.output.one else 2", "a condition must be a boolean, not an integer"),
        ("format(item, '%Y')", "`format` takes a date or a datetime, not a string"),
        ("lower(tasks.b.output)", "`lower` takes a string, not null"),
        ("float('nan' if params.b else '1')", "'nan' is not a finite number"),
        ("str(tasks.b.output)", "null has no text: write `default(x, '')`"),
    ],
)
def test_errors_say_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        value_of(text)
    assert str(caught.value) == message


def test_json_trees_are_evaluated() -> None:
    rows, _ = parse_value("${{ tasks.a.output.rows }}", SCOPE)
    text, _ = parse_value("n=${{ tasks.a.output.rows }}", SCOPE)
    assert evaluate({"a": [rows, 1], "b": text}, ENV) == {"a": [3, 1], "b": "n=3"}
