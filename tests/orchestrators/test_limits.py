"""Tasks run at once where they may, and one after another where they may not.

On Prefect and Dagster here; Airflow's `DAG.test()` runs one task at a time, so its scheduler is
asked where ten pipelines run as users run them (`tests/conformance/test_as_users.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrators.engines import Run, run

pytestmark = pytest.mark.orchestrator


def assert_limits(traces: Mapping[str, dict[str, Any]], scratch: Path) -> None:
    """What the bodies of the cases `limits` and `parallel` saw of each other."""
    for pipeline in ("limits", "parallel"):
        assert {task["state"] for task in traces[pipeline]["tasks"]} == {"success"}

    def seen(counter: str) -> list[int]:
        return [int(line) for line in (scratch / f"{counter}.seen").read_text().split()]

    # two at once met, in their own task and as elements of a list
    assert seen("parallel") == [2, 2]
    assert seen("parallel_each") == [2, 2]
    # `max_parallel: 1`, a pool of one slot, `max_active_tasks: 2`
    assert seen("one_by_one") == [1, 1, 1]
    assert seen("narrow") == [1, 1, 1]
    assert seen("limits_many") == [1, 1, 1]
    assert len(seen("limits")) == 3
    assert max(seen("limits")) <= 2


@pytest.mark.parametrize(
    "target",
    [pytest.param(one, marks=pytest.mark.xdist_group(one)) for one in ("prefect", "dagster")],
)
def test_as_much_runs_at_once_as_may(target: str) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-limits-"))
    done = run(target, [Run("limits"), Run("parallel")], scratch, pools={"narrow": 1})
    assert_limits(done.traces, scratch)
