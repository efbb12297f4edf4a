"""The tests that stand in the documents of the cases and examples."""

from __future__ import annotations

import pytest

from case_folders import cases
from dagglot import api
from dagglot.ir.model import Pipeline
from dagglot.semantics.scenario import place_of, read
from dagglot.semantics.simulate import simulate

SCENARIOS = [
    (pipeline, scenario.name)
    for case in cases()
    for pipeline in api.check(case.paths, case.project()).pipelines
    for scenario in pipeline.tests
]


@pytest.mark.parametrize(
    ("pipeline", "name"), SCENARIOS, ids=[f"{one.id}-{name}" for one, name in SCENARIOS]
)
def test_expectations_hold(pipeline: Pipeline, name: str) -> None:
    (scenario,) = [one for one in pipeline.tests if one.name == name]
    given, refused = read(pipeline, scenario.given)
    assert not refused
    simulated = simulate(pipeline, given)
    states = simulated.states()
    for key, expected in scenario.expect.items():
        if key == "run":
            assert simulated.run == expected
            continue
        place = place_of(pipeline, key)
        assert isinstance(place, tuple)
        task, index = place
        seen = {
            state.value for (id, at), state in states.items() if id == task and index in (None, at)
        }
        assert seen == {expected}, key
