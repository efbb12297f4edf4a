"""What a scenario means: names, outcomes, params as expressions see them, expectations."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from dagglot import api, yaml_reader
from dagglot.ir.model import Json, Pipeline
from dagglot.semantics.expectations import ended, misses, run_causes
from dagglot.semantics.scenario import Outcome, Refused, param_values, place_of, read
from dagglot.semantics.simulate import simulate
from dagglot.semantics.states import State

DOCUMENT = """\
dagglot: 1
pipeline: p
schedule: {timezone: Europe/Madrid}
params:
  day: {type: date, default: "2026-01-31"}
  at: {type: datetime, default: "2026-01-31T06:00"}
  when: {type: datetime, default: null}
  names: {type: list, default: [a, {b: [1]}]}
tasks:
  first: {type: python, call: "m:f", retries: 1}
  decide: {type: branch, call: "m:g", depends_on: first}
  load: {depends_on: decide, tasks: {a: {type: noop}, b: {type: noop}}}
  other: {tasks: {b: {type: noop, depends_on: "decide"}}}
  many: {type: python, call: "m:h", for_each: {in: [1, 2]}}
  soft: {type: python, call: "m:h", allow_failure: true}
tests:
  t:
    expect: {many: success, "many[1]": failed, "many[2]": success, soft: success, run: success}
"""


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    (document,), found = yaml_reader.load(DOCUMENT.replace('"decide"', "decide"), "p.yaml")
    (made,), wrong = api.check_document(document)
    assert not (*found, *wrong)
    return made


def test_params_as_expressions_see_them(pipeline: Pipeline) -> None:
    madrid = ZoneInfo("Europe/Madrid")
    assert param_values(pipeline, {}) == {
        "day": date(2026, 1, 31),
        "at": datetime(2026, 1, 31, 6, tzinfo=madrid),
        "when": None,
        "names": ["a", {"b": [1]}],
    }
    given = {"at": "2026-01-31T06:00:00+00:00", "when": "2026-02-01"}
    values = param_values(pipeline, given)
    assert values["at"] == datetime.fromisoformat("2026-01-31T06:00:00+00:00")
    assert values["when"] == datetime(2026, 2, 1, tzinfo=madrid)


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("first", ("first", None)),
        ("load.a", ("load.a", None)),
        ("a", ("load.a", None)),
        ("many[1]", ("many", 1)),
        ("b", "there is no task `b`"),
        ("load", "there is no task `load`"),
        ("first[0]", "`first` has no elements"),
        ("many[x]", "there is no task `many[x]`"),
        ("", "there is no task ``"),
    ],
)
def test_names(pipeline: Pipeline, key: str, place: object) -> None:
    found = place_of(pipeline, key)
    assert (found.message if isinstance(found, Refused) else found) == place


def test_a_name_that_two_groups_have(pipeline: Pipeline) -> None:
    found = place_of(pipeline, "b")
    assert isinstance(found, Refused)
    assert found.help == "it is `load.b` or `other.b`"


@pytest.mark.parametrize(
    ("key", "value", "outcome"),
    [
        ("first", "success", Outcome()),
        ("first", "failed", Outcome(State.FAILED)),
        ("first", "failed 2", Outcome(failures=2)),
        ("first", "skipped", Outcome(State.SKIPPED)),
        ("first", {"output": (1, {"a": None})}, Outcome(output=[1, {"a": None}])),
        ("first", {"output": 1, "failed": 1}, Outcome(failures=1, output=1)),
        ("decide", "a", None),
        ("decide", "load", Outcome(output=["load"])),
        ("decide", ("load", "other.b"), Outcome(output=["load", "other.b"])),
        ("decide", (), Outcome(output=[])),
        ("decide", {"output": "load", "failed": 1}, Outcome(failures=1, output=["load"])),
        ("decide", {"output": 3}, None),
        ("decide", None, None),
        ("first", 3, None),
        ("first", None, None),
        ("first", {"output": 1, "failed": True}, None),
        ("load.a", {"output": 1}, None),
    ],
)
def test_outcomes(pipeline: Pipeline, key: str, value: Json, outcome: Outcome | None) -> None:
    given, refused = read(pipeline, {key: value})
    assert [*given.outcomes.values()] == ([] if outcome is None else [outcome])
    assert bool(refused) is (outcome is None)
    assert all(one.in_value for one in refused)


def test_what_a_run_does_not_meet(pipeline: Pipeline) -> None:
    given, _ = read(pipeline, {"decide": "load", "many[0]": "failed", "soft": "failed"})
    run = simulate(pipeline, given)
    found = {miss.key: miss for miss in misses(pipeline, pipeline.tests[0], ended(run))}
    assert {key: miss.message for key, miss in found.items()} == {
        "many": "`many[0]` ends `failed`, and `success` is expected",
        "many[1]": "`many[1]` ends `success`, and `failed` is expected",
        "many[2]": "there is no `many[2]`: `many` has 2 elements here",
        "soft": "`soft` ends `failed`, and `success` is expected",
        "run": "the run ends `failed`, and `success` is expected",
    }
    assert found["many"].places == (("many", 0),)
    assert found["many"].span[1:] == (18, 14, 18, 27)
    assert [(one.task, one.index) for one in run_causes(pipeline, run)] == [("many", 0)]
    given, _ = read(pipeline, {"decide": "load", "soft": "failed"})
    assert [one.task for one in run_causes(pipeline, simulate(pipeline, given))] == ["soft"]
