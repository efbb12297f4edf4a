"""Every verdict has a witness: a case or an example that needs the feature.

What is accepted is compiled, loaded and run from there (tests/orchestrators), so a table that
promises too much fails; what is refused is refused there, so one that promises too little is seen
in the goldens.
"""

from __future__ import annotations

from functools import cache

import pytest

from case_folders import cases
from dagglot import api, features
from dagglot.features import Feature
from dagglot.ir.model import Pipeline
from dagglot.targets import registry
from dagglot.targets.base import Support

TARGETS = [(name, version) for name in registry.NAMES for version in registry.get(name).versions]


@cache
def pipelines() -> tuple[Pipeline, ...]:
    return tuple(
        pipeline for case in cases() for pipeline in api.check(case.paths, case.project()).pipelines
    )


@cache
def used(target: str) -> tuple[tuple[Pipeline, frozenset[Feature]], ...]:
    return tuple(
        (one, frozenset(use.feature for use in features.used(one, target))) for one in pipelines()
    )


@pytest.mark.parametrize(("name", "version"), TARGETS)
def test_what_is_accepted_has_a_witness_that_compiles(name: str, version: str) -> None:
    table = registry.get(name).capabilities(version)
    refused = {one for one, verdict in table.items() if verdict.support is Support.UNSUPPORTED}
    seen: set[Feature] = set()
    for _, needs in used(name):
        if refused.isdisjoint(needs):
            seen |= needs
    missing = set(table) - refused - seen
    assert not missing, sorted(one.value for one in missing)


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_feature_has_a_witness(name: str) -> None:
    seen = {feature for _, needs in used(name) for feature in needs}
    assert not set(Feature) - seen, sorted(one.value for one in set(Feature) - seen)
