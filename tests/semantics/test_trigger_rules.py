"""The rules against the table that was measured on Airflow 3.3.2 and 2.11.2, cell by cell."""

from __future__ import annotations

import itertools

import pytest

from dagglot.ir.model import TriggerRule
from dagglot.semantics.states import State
from dagglot.semantics.trigger_rules import decide, decide_teardown

# S success, F failed, U upstream_failed, K skipped; up: upstream_failed, no: skipped
TABLE = """
rule                        S   F   K   U   SS  SF  SK  KK  FK  FF  SU  KU  UU  FU  SFK
all_success                 run up  no  up  run up  no  no  up  up  up  up  up  up  up
all_failed                  no  run no  run no  no  no  no  no  run no  no  run run no
all_done                    run run run run run run run run run run run run run run run
all_done_min_one_success    run up  no  up  run run no  no  no  up  run no  up  up  no
all_skipped                 no  no  run no  no  no  no  run no  no  no  no  no  no  no
one_failed                  no  run no  run no  run no  no  run run run run run run run
one_success                 run up  no  up  run run run no  up  up  run up  up  up  run
one_done                    run run no  no  run run run no  run run run no  no  run run
none_failed                 run up  run up  run up  run run up  up  up  up  up  up  up
none_failed_min_one_success run up  no  up  run up  run no  up  up  up  up  up  up  up
none_skipped                run run no  run run run no  no  no  run run no  run run no
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
LETTERS = {
    "S": State.SUCCESS,
    "F": State.FAILED,
    "U": State.UPSTREAM_FAILED,
    "K": State.SKIPPED,
}
ANSWERS = {"run": None, "up": State.UPSTREAM_FAILED, "no": State.SKIPPED}
CELLS = [
    (rule, letters, answer)
    for rule, *answers in ROWS
    for letters, answer in zip(HEAD[1:], answers, strict=True)
]


def test_every_rule_has_a_row() -> None:
    assert sorted(rule for rule, *_ in ROWS) == sorted(rule.value for rule in TriggerRule)


@pytest.mark.parametrize(("rule", "letters", "answer"), CELLS)
def test_cell(rule: str, letters: str, answer: str) -> None:
    for order in set(itertools.permutations(letters)):
        assert decide(TriggerRule(rule), [LETTERS[one] for one in order]) is ANSWERS[answer]


@pytest.mark.parametrize("rule", TriggerRule)
def test_a_task_without_upstreams_runs(rule: TriggerRule) -> None:
    assert decide(rule, []) is None


@pytest.mark.parametrize("rule", TriggerRule)
def test_the_number_of_upstreams_in_a_state_does_not_matter(rule: TriggerRule) -> None:
    """Every rule asks whether there is one, none or only such: the table is complete."""
    for states in itertools.product(State, repeat=3):
        distinct = list(dict.fromkeys(states))
        alone = distinct if len(distinct) > 1 else distinct * 2
        assert decide(rule, states) is decide(rule, alone)


@pytest.mark.parametrize(
    ("setups", "answer"),
    [("S", "run"), ("SF", "run"), ("SK", "run"), ("F", "up"), ("U", "up"), ("K", "no"),
     ("KK", "no"), ("FK", "up"), ("KU", "up")],
)  # fmt: skip
def test_teardowns(setups: str, answer: str) -> None:
    assert decide_teardown([LETTERS[one] for one in setups]) is ANSWERS[answer]
