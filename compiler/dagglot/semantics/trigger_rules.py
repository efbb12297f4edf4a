"""When a task runs, by the states of its direct upstreams.

Counting rules, as in Airflow's ``airflow/ti_deps/deps/trigger_rule_dep.py``, asked once every
upstream has ended. `TABLE` in the tests is the measured one of semantics.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dagglot.ir.model import TriggerRule
from dagglot.semantics.states import State


def decide(rule: TriggerRule, states: Sequence[State]) -> State | None:
    """The state that a task takes without running; None: it runs, as one without upstreams does."""
    if not states:
        return None
    success = states.count(State.SUCCESS)
    skipped = states.count(State.SKIPPED)
    failed = states.count(State.FAILED)
    bad = failed + states.count(State.UPSTREAM_FAILED)
    match rule:
        case TriggerRule.ALL_SUCCESS:
            return State.UPSTREAM_FAILED if bad else _skip_if(skipped)
        case TriggerRule.ALL_FAILED:
            return _skip_if(success + skipped)
        case TriggerRule.ALL_DONE:
            return None
        case TriggerRule.ALL_DONE_MIN_ONE_SUCCESS:
            if skipped:
                return State.SKIPPED
            return None if success else State.UPSTREAM_FAILED
        case TriggerRule.ALL_SKIPPED:
            return _skip_if(success + bad)
        case TriggerRule.ONE_FAILED:
            return _skip_if(not bad)
        case TriggerRule.ONE_SUCCESS:
            if success:
                return None
            return State.UPSTREAM_FAILED if bad else State.SKIPPED
        case TriggerRule.ONE_DONE:
            return _skip_if(not success + failed)
        case TriggerRule.NONE_FAILED:
            return State.UPSTREAM_FAILED if bad else None
        case TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS:
            return State.UPSTREAM_FAILED if bad else _skip_if(not success)
        case TriggerRule.NONE_SKIPPED:
            return _skip_if(skipped)
        case _:
            assert_never(rule)


def decide_teardown(setups: Sequence[State]) -> State | None:
    """What becomes of a teardown once everything that it waits for has ended: it runs if a set-up
    succeeded (semantics.md, "Teardowns")."""
    if State.SUCCESS in setups:
        return None
    all_skipped = all(state is State.SKIPPED for state in setups)
    return State.SKIPPED if all_skipped else State.UPSTREAM_FAILED


def _skip_if(condition: int) -> State | None:
    return State.SKIPPED if condition else None
