"""What is said to never run never does, in the executable semantics."""

from __future__ import annotations

import pytest

from conformance.generate import generate
from conformance.oracle import InvalidError, case
from dagglot.diagnostics import advice
from dagglot.lint.reach import reach
from dagglot.lint.texts import Look
from dagglot.semantics.states import State

NOTHING = Look({}, ())


@pytest.mark.slow
def test_what_never_runs_never_runs() -> None:
    flagged = 0
    for number in range(300):
        try:
            made = case(generate(8, number))
        except InvalidError:
            continue
        spans = {one.span for one in reach(made.pipeline, NOTHING) if one.rule is advice.NEVER_RUNS}
        never = {task.id for task in made.pipeline.tasks if task.span in spans}
        flagged += len(never)
        for instance in made.simulated.instances:
            if instance.task in never:
                assert instance.state in (State.SKIPPED, State.UPSTREAM_FAILED), (number, instance)
    assert flagged > 20
