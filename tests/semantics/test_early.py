"""Where Airflow decides early: the possible ends of a scenario, and whether it can matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagglot import api
from dagglot.ir.model import Pipeline
from dagglot.semantics.by_chance import decided_by_chance
from dagglot.semantics.early import ends, possible
from dagglot.semantics.scenario import Given, read
from dagglot.semantics.simulate import simulate
from dagglot.semantics.states import State

SKIPPED, FAILED, SUCCESS, UP = (
    State.SKIPPED,
    State.FAILED,
    State.SUCCESS,
    State.UPSTREAM_FAILED,
)
WORK = "{type: python, call: 'jobs:work'"

BOTH = f"""
  quick: {WORK}}}
  slow: {WORK}, skip_on: 'jobs:Nothing'}}
  both: {WORK}, depends_on: [quick, slow]}}
"""
GATE = f"""
  other: {WORK}}}
  gate: {{type: gate, call: 'jobs:open'}}
  first: {WORK}, depends_on: gate}}
  any: {WORK}, depends_on: [other, first], trigger_rule: one_success}}
  all: {WORK}, depends_on: [other, first], trigger_rule: all_done}}
"""


@pytest.fixture
def build(tmp_path: Path):  # type: ignore[no-untyped-def]
    def made(tasks: str, head: str = "") -> Pipeline:
        path = tmp_path / "pipeline.yaml"
        path.write_text(f"dagglot: 1\npipeline: p\n{head}\ntasks:{tasks}")
        checked = api.check([path])
        assert not checked.diagnostics
        (pipeline,) = checked.pipelines
        return pipeline

    return made


def given(pipeline: Pipeline, **outcomes: object) -> Given:
    found, refused = read(pipeline, outcomes)  # type: ignore[arg-type]
    assert not refused
    return found


def test_a_skip_beside_a_failure_ends_either_way(build) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(BOTH)
    scenario = given(pipeline, quick="failed", slow="skipped")
    assert possible(pipeline, scenario)["both", None] == {SKIPPED, UP}
    # only a label: no task runs or not by chance
    assert decided_by_chance(pipeline) == ()


def test_the_first_end_is_the_exact_one(build) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(BOTH)
    scenario = given(pipeline, quick="failed", slow="skipped")
    first, other = ends(pipeline, scenario)
    assert first.simulated == simulate(pipeline, scenario)
    assert first.allows(first.simulated.states())
    assert not first.allows(other.simulated.states())


@pytest.mark.parametrize(
    ("rule", "matters"),
    [
        ("none_failed", True),
        ("one_failed", True),
        ("all_failed", True),
        ("all_skipped", True),
        ("none_skipped", True),
        ("all_done_min_one_success", True),
        ("none_failed_min_one_success", True),
        ("all_success", False),
        ("all_done", False),
        ("one_done", False),
        ("one_success", False),
    ],
)
def test_it_matters_to_rules_that_tell_the_two_apart(build, rule: str, matters: bool) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(f"{BOTH}  below: {WORK}, depends_on: [both, quick], trigger_rule: {rule}}}\n")
    assert decided_by_chance(pipeline) == (("below",) if matters else ())


def test_a_label_decides_a_run_that_fails_on_its_leaves(build) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(BOTH, "fail_run_on: leaf")
    assert decided_by_chance(pipeline) == ("both",)
    scenario = given(pipeline, quick="failed", slow="skipped")
    assert {end.simulated.run for end in ends(pipeline, scenario)} == {"failed", "success"}


def test_a_task_may_run_before_a_gate_closes(build) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(GATE)
    assert decided_by_chance(pipeline) == ("any",)
    scenario = given(pipeline, gate=False)
    seen = possible(pipeline, scenario)
    assert seen["any", None] == {SKIPPED, SUCCESS}
    # `first` is skipped by the gate alone, so what waits for it cannot be earlier
    assert seen["all", None] == {SKIPPED}


def test_what_ran_before_may_be_called_skipped_afterwards(build) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(GATE)
    scenario = given(pipeline, gate=False)
    early = [one for one in ends(pipeline, scenario) if ("any", None) in one.relabelled]
    (one,) = early
    states = one.simulated.states()
    assert states["any", None] is SUCCESS
    assert one.allows(states)
    assert one.allows({**states, ("any", None): SKIPPED})
    assert not one.allows({**states, ("any", None): FAILED})


def test_failures_that_exclude_a_skip_leave_nothing_to_chance(build) -> None:  # type: ignore[no-untyped-def]
    """`near` is skipped only where the branch succeeds, and then the branch did not fail."""
    pipeline = build(
        f"""
  pick: {{type: branch, call: 'jobs:pick'}}
  near: {WORK}, depends_on: pick}}
  join: {WORK}, depends_on: [pick, near]}}
  end: {WORK}, depends_on: join, trigger_rule: none_failed}}
"""
    )
    assert decided_by_chance(pipeline) == ()


NO_LIST = f"""
  find: {WORK}}}
  each:
    for_each: {{in: "${{{{ tasks.find.output }}}}"}}
    depends_on: find
    tasks:
      work: {WORK}}}
      alarm: {WORK}, depends_on: work, trigger_rule: all_skipped}}
"""


@pytest.mark.parametrize(
    ("last", "matters"),
    [
        ("depends_on: each", False),
        ("depends_on: each, trigger_rule: none_failed", True),
        ("depends_on: each.work, trigger_rule: none_failed", False),
        # the list is not asked for where nothing was found
        ("depends_on: each.work, trigger_rule: one_done", False),
    ],
)
def test_a_group_without_a_list_is_given_up_as_one(build, last: str, matters: bool) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(f"{NO_LIST}  last: {WORK}, {last}}}\n")
    assert decided_by_chance(pipeline) == (("last",) if matters else ())
    scenario = given(pipeline, find="failed")
    seen = possible(pipeline, scenario)
    assert seen["each.work", None] == {UP}
    assert seen["each.alarm", None] == {SKIPPED, UP}
    ran = {states == {SUCCESS} for states in ({one} for one in seen["last", None])}
    assert (len(ran) == 2) == matters


def test_a_skip_above_the_list_comes_first(build) -> None:  # type: ignore[no-untyped-def]
    """What the list is read from has ended before there is none."""
    pipeline = build(
        f"""
  find: {WORK}, skip_on: 'jobs:Nothing'}}
  each:
    for_each: {{in: "${{{{ tasks.find.output }}}}"}}
    tasks: {{work: {WORK}}}}}
  last: {WORK}, depends_on: each, trigger_rule: none_failed}}
"""
    )
    assert decided_by_chance(pipeline) == ()
    assert possible(pipeline, given(pipeline, find="skipped"))["each.work", None] == {SKIPPED}


def test_what_never_came_to_a_list_is_not_told_from_what_has_none(build) -> None:  # type: ignore[no-untyped-def]
    pipeline = build(
        f"""
  find: {WORK}}}
  ready: {WORK}}}
  each:
    for_each: {{in: "${{{{ tasks.find.output }}}}"}}
    depends_on: ready
    tasks: {{work: {WORK}}}}}
  last: {WORK}, depends_on: each, trigger_rule: one_done}}
"""
    )
    assert decided_by_chance(pipeline) == ("last",)
    scenario = given(pipeline, find={"output": 1}, ready="failed")
    assert possible(pipeline, scenario)["last", None] == {SKIPPED, SUCCESS}
