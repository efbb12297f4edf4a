"""Tests of one group stay on one worker: an orchestrator that is started twice takes twice as long,
and two that hang look like one that was not ended."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one worker")
def test_the_group_is_part_of_the_id(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@one")
