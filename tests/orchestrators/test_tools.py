"""dbt on DuckDB and papermill, for real: the commands of an environment of their own."""

from __future__ import annotations

import json

import pytest

from orchestrators.kinds import told
from orchestrators.test_kinds import outputs, targets

pytestmark = pytest.mark.orchestrator


@targets("kind_dbt_project")
def test_dbt(target: str) -> None:
    """A build of what is selected, with vars; a test that fails; a query that takes too long."""
    found = told(target)
    tasks = found.tasks("kind_dbt_project")
    assert {id: (one["state"], one["attempts"]) for id, one in tasks.items()} == {
        "build": ("success", 1),
        "rows": ("success", 1),
        "test": ("failed", 1),
        "slow": ("failed", 1),
        "after": ("success", 1),
    }
    seen = outputs(found, "kind_dbt_project")
    day = {"day": "2026-10-24", "others": 0}
    assert seen["rows"] == [
        {"region": "emea", "amount": 5.5, **day},
        {"region": "o'brien", "amount": 2.5, **day},
    ]
    assert seen["after"] == 2
    log = (found.scratch / "log").read_text(errors="replace")
    assert "FAIL 2 none_is_small" in log


@targets("kind_notebook_cells")
def test_notebook(target: str) -> None:
    """A notebook that gets its parameters; a cell that fails; one that takes too long."""
    found = told(target)
    tasks = found.tasks("kind_notebook_cells")
    assert {id: (one["state"], one["attempts"]) for id, one in tasks.items()} == {
        "report": ("success", 1),
        "written": ("success", 1),
        "fails": ("failed", 1),
        "slow": ("failed", 1),
    }
    said = {"day": "2026-10-24", "rows": 3, "names": ["o'brien", "{{ b }}"], "nothing": None}
    assert tasks["written"]["output"] == {**said, "share": 0.33}
    kept = json.loads((found.scratch / "notebooks/report-2026-10-24.ipynb").read_text())
    assert "'share': 0.33" in json.dumps(kept["cells"][-1]["outputs"])
    log = (found.scratch / "log").read_text(errors="replace")
    assert "ZeroDivisionError: division by zero" in log
