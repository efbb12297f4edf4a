"""The generator and the shrinker themselves; no orchestrator is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import pytest

from dagglot import features
from dagglot.features import Feature
from dagglot.ir.model import TriggerRule
from dagglot.semantics import simulate as semantics
from dagglot.semantics.states import State
from dagglot.semantics.trigger_rules import decide

from . import engines
from .generate import LARGEST, SMALLEST, generate
from .model import ALWAYS, Made, Plan, Step, without
from .oracle import Case, case, differences
from .shrink import shrink, size
from .write import text

pytestmark = pytest.mark.xdist_group("conformance")
SEED: Final = 7
MANY: Final = 600
CELLS: Final = (
    *("S", "F", "K", "U"),
    *("SS", "FS", "KS", "KK", "FK", "FF", "SU", "KU", "UU", "FU"),
    "FKS",
)
"""The columns of the table of trigger rules, the letters of each in alphabetical order."""
CONSTRUCTS: Final = (
    *(f"trigger-rule-{rule.value.replace('_', '-')}" for rule in TriggerRule),
    "gate-all-downstream",
    "gate-direct",
    "branch",
    "when",
    "for-each",
    "group-for-each",
    "group",
    "skip-on",
    "skip-exit-code",
    "teardown",
    "allow-failure",
    "fail-run-on-leaf",
    "task-timeout",
    "retries-constant",
    "task-output",
    "python",
    "shell",
    "noop",
    "env",
    "param-list",
    "rule-decided-early",
)


@dataclass
class Many:
    cases: list[Case] = field(default_factory=list)
    invalid: dict[str, str] = field(default_factory=dict)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)


@cache
def many() -> Many:
    """The first pipelines of a seed, checked and simulated, and the cells that this asked for."""
    made = Many()

    def watched(rule: TriggerRule, states: Sequence[State]) -> State | None:
        letters = ("K" if state is State.SKIPPED else state.value[0].upper() for state in states)
        made.cells[rule.value, "".join(sorted(letters))] += 1
        return decide(rule, states)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(semantics, "decide", watched)
        for number in range(MANY):
            try:
                one = case(generate(SEED, number))
                assert one.simulated.instances
                made.cases.append(one)
            except Exception as error:
                made.invalid[f"random_{SEED}_{number}"] = repr(error)
    return made


def test_it_makes_the_same_of_the_same_seed() -> None:
    first, second = (text(generate(3, 14)) for _ in range(2))
    assert first == second
    assert first != text(generate(3, 15))
    assert first != text(generate(4, 14))


def test_what_a_target_does_not_support_is_left_out() -> None:
    able = frozenset(one.value for one in Feature) - {"branch", "for-each", "when", "skip-on"}
    asked = set()
    for number in range(40):
        pipeline = case(generate(SEED, number, able)).pipeline
        asked |= {use.feature.value for use in features.used(pipeline, "airflow")}
    assert not asked - able
    assert "gate-direct" in asked


@pytest.mark.slow
def test_what_it_makes_is_valid() -> None:
    assert not many().invalid


@pytest.mark.slow
def test_it_makes_pipelines_of_3_to_20_tasks() -> None:
    sizes = {len(one.made.steps) for one in many().cases}
    assert min(sizes) == SMALLEST
    assert max(sizes) == LARGEST


@pytest.mark.slow
def test_it_covers_every_construct() -> None:
    used = Counter(
        use
        for one in many().cases
        for use in {use.feature.value for use in features.used(one.pipeline, "airflow")}
    )
    assert {name: used[name] for name in CONSTRUCTS if used[name] < MANY // 50} == {}


@pytest.mark.slow
def test_it_covers_the_table_of_trigger_rules() -> None:
    asked = {(rule.value, cell) for rule in TriggerRule for cell in CELLS}
    missing = sorted(asked - set(many().cells))
    assert len(missing) <= 8, missing


@pytest.mark.slow
def test_it_covers_the_ways_in_which_a_task_ends() -> None:
    reasons = Counter(one.why.text for case in many().cases for one in case.simulated.instances)
    for reason in (
        "it ran",
        "it skipped itself",
        "`when` is false",
        "the list is empty",
        "no set-up succeeded",
        "attempt 2",
    ):
        assert reasons[reason] >= 10, reason
    assert any("is no list" in reason for reason in reasons)
    ended = Counter(case.simulated.run for case in many().cases)
    assert min(ended["success"], ended["failed"]) > MANY // 5
    mapped = [one for case in many().cases for one in case.simulated.instances if one.index]
    assert {one.state for one in mapped} == set(State)


# --- the comparison -------------------------------------------------------------------------------


def as_trace(one: Case) -> dict[str, Any]:
    """What an orchestrator would report that obeys."""
    tasks = [
        {
            "id": instance.task,
            "index": instance.index,
            "state": instance.state.value,
            "attempts": instance.attempts,
            "output": None,
        }
        for instance in one.simulated.instances
    ]
    return {"run": one.simulated.run, "tasks": tasks}


def states_and_run(one: Case, trace: dict[str, Any]) -> list[str]:
    """Only what the made-up traces know."""
    found = differences(one, trace, Counter(), exact=True)
    return [str(each) for each in found if not each.what.endswith(("output", "began"))]


@pytest.mark.slow
@pytest.mark.parametrize("rule", list(TriggerRule))
def test_a_wrong_cell_is_seen(rule: TriggerRule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cell of the table is changed, some of few pipelines end otherwise."""
    for wrong in ("S", "F", "K", "U", "FS", "KS"):
        if many().cells[rule.value, wrong] < 5:
            continue  # a gate or a `when` may hide one

        def changed(asked: TriggerRule, states: Sequence[State], cell: str = wrong) -> State | None:
            answer = decide(asked, states)
            letters = ("K" if one is State.SKIPPED else one.value[0].upper() for one in states)
            if asked is not rule or "".join(sorted(letters)) != cell:
                return answer
            return None if answer is not None else State.SKIPPED

        traces = [(one, as_trace(one)) for one in many().cases]
        seen = False
        with monkeypatch.context() as patch:
            patch.setattr(semantics, "decide", changed)
            for one, trace in traces:
                if states_and_run(replace(one), trace):
                    seen = True
                    break
        assert seen, wrong


@pytest.mark.slow
def test_equal_traces_are_equal() -> None:
    for one in many().cases[:50]:
        assert states_and_run(one, as_trace(one)) == []


def test_each_part_of_a_trace_counts() -> None:
    one = case(Made("m", (Step("a", "python", retries=1, plan=Plan(fails=1, returns=5)),)))
    trace = as_trace(one)
    (task,) = trace["tasks"]
    task["output"] = 5
    starts = {("a", None): 2}
    assert differences(one, trace, starts, exact=True) == []
    for change in ({"state": "failed"}, {"attempts": 1}, {"output": 6}, {"index": 0}):
        wrong = {**trace, "tasks": [{**task, **change}]}
        assert differences(one, wrong, starts, exact=True), change
    assert differences(one, {**trace, "run": "failed"}, starts, exact=True)
    assert differences(one, trace, {("a", None): 1}, exact=True)


def test_airflow_may_decide_early() -> None:
    steps = (
        Step("bad", "python", plan=Plan(fails=ALWAYS)),
        Step("skips", "python", plan=Plan(skips=True)),
        Step("join", "noop", ("bad", "skips")),
    )
    one = case(Made("m", steps))
    trace = as_trace(one)
    (join,) = (task for task in trace["tasks"] if task["id"] == "join")
    join["state"] = "skipped"
    starts = {("bad", None): 1, ("skips", None): 1}
    assert differences(one, trace, starts, exact=True)
    assert differences(one, trace, starts, exact=False) == []
    join["state"] = "success"
    assert differences(one, trace, starts, exact=False)


# --- shrinking ------------------------------------------------------------------------------------


def has_the_bug(made: Made) -> bool:
    """As if an engine went wrong where a task with this rule stands below one that fails."""
    return any(
        step.rule == "one_success"
        and any(above.id in step.after and above.plan.fails == ALWAYS for above in made.steps)
        for step in made.steps
    )


@pytest.mark.slow
def test_a_divergence_becomes_as_small_as_it_can_be() -> None:
    rounds: list[int] = []

    def diverges(candidates: Sequence[Made]) -> list[bool]:
        rounds.append(len(candidates))
        return [has_the_bug(made) for made in candidates]

    made = next(
        one.made for one in many().cases if has_the_bug(one.made) and len(one.made.steps) > 9
    )
    small = shrink(made, diverges, lambda line: None)
    assert has_the_bug(small)
    assert len(small.steps) == 2
    assert size(small) < size(made)
    assert len(rounds) < 40


@pytest.mark.slow
def test_without_a_task_nothing_names_it() -> None:
    for one in many().cases[:15]:
        for step in one.made.steps:
            rest = without(one.made, step.id)
            if rest.steps:
                assert step.id not in {task.id for task in case(rest).pipeline.tasks}


def test_the_options_of_runs_are_known_ones() -> None:
    assert set(engines.OPTIONS) == {target.partition("@")[0] for target in engines.TARGETS}
