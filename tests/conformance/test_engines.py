"""A few random pipelines on every real orchestrator; `make conformance` runs many."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import pytest

from dagglot.ir.model import TriggerRule
from dagglot.semantics import simulate as semantics
from dagglot.semantics.states import State
from dagglot.semantics.trigger_rules import decide

from . import engines
from .check import Count, cases, described, is_exact
from .check import check as check_cases
from .model import ALWAYS, Made, Plan, Step
from .oracle import Case, case, differences

pytestmark = pytest.mark.orchestrator
SEED: Final = 2026
FEW: Final = 16
"""So that the four engines take about three minutes together."""
GROUPS = [pytest.param(target, marks=pytest.mark.xdist_group(target)) for target in engines.TARGETS]


@cache
def counted(target: str) -> tuple[Count, engines.Answer]:
    """All in one process of the engine, which takes its time to start."""
    count = Count(target)
    some = [below_a_failure(), *cases(SEED, range(FEW), target, count)]
    return count, check_cases(some, target, count)


@pytest.mark.parametrize("target", GROUPS)
def test_random_pipelines_end_as_the_semantics_say(target: str) -> None:
    count, _ = counted(target)
    assert not count.invalid
    assert not count.diverged, "\n\n".join(described(one, target) for one in count.diverged)
    assert count.ran >= FEW * 3 // 4, f"{target} refuses too many: {count.refused}"


@pytest.mark.parametrize("target", GROUPS)
def test_a_wrong_cell_of_the_table_is_seen(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real runs, held against a table in which one answer is wrong."""
    one = below_a_failure()
    _, answer = counted(target)
    assert one.id in answer.traces, answer.refused
    trace, starts = answer.traces[one.id], answer.starts[one.id]
    assert differences(one, trace, starts, exact=is_exact(target)) == []

    def changed(rule: TriggerRule, states: Sequence[State]) -> State | None:
        if rule is TriggerRule.ONE_SUCCESS and set(states) == {State.FAILED, State.SUCCESS}:
            return State.UPSTREAM_FAILED
        return decide(rule, states)

    monkeypatch.setattr(semantics, "decide", changed)
    wrong = differences(below_a_failure(), trace, starts, exact=is_exact(target))
    assert [each.what for each in wrong] == ["last"]


def below_a_failure() -> Case:
    steps = (
        Step("bad", "python", plan=Plan(fails=ALWAYS)),
        Step("good", "python", plan=Plan(returns=1)),
        Step("last", "python", ("bad", "good"), "one_success"),
    )
    return case(Made("below_a_failure", steps))
