"""What several of these tests begin with."""

from __future__ import annotations

import pytest

from front_tools import Space


@pytest.fixture
def two(space: Space) -> Space:
    """Two pipelines, compiled."""
    space.project()
    space.pipeline("a")
    space.pipeline("b")
    space.compiled()
    return space
