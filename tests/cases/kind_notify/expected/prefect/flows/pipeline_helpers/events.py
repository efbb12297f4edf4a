"""What an alert tells of a run."""

from __future__ import annotations

from prefect import runtime
from prefect.context import TaskRunContext


def this_event(owner: str) -> dict[str, str]:
    """What is known of the run from within a task."""
    context = TaskRunContext.get()
    return {
        "pipeline": runtime.flow_run.flow_name or "",
        "task": context.task.name if context else "",
        "run_id": runtime.flow_run.id or "",
        "state": "running",
        "url": runtime.flow_run.ui_url or "",
        "error": "",
        "owner": owner,
    }
