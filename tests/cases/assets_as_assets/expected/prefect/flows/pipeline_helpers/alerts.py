"""How people are told of what becomes of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from logging import LoggerAdapter
from typing import Any

from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.utilities.urls import url_for

Alert = Callable[[dict[str, str]], None]
"""A function that tells somebody of an event."""


def tell(
    event: dict[str, str], alerts: Iterable[Alert], logger: LoggerAdapter[Any]
) -> None:
    """Tell of an event; an alert that fails is logged, and keeps no other from being told.

    The log has no more than the type of the error: what it says may have the address,
    which is a secret.
    """
    for alert in alerts:
        try:
            alert(event)
        except (Exception, SystemExit) as error:
            logger.error("%s failed: %s", alert.__name__, type(error).__name__)


def event_of(
    run: TaskRun | FlowRun,
    pipeline: str,
    state: str,
    *,
    task: str = "",
    error: str = "",
    owner: str = "",
) -> dict[str, str]:
    """What is told of a run; its `message` is for alerts that have none."""
    flow_run_id = run.flow_run_id if isinstance(run, TaskRun) else run.id
    return {
        "pipeline": pipeline,
        "task": task,
        "run_id": str(flow_run_id),
        "state": state,
        "url": url_for(run) or "",
        "error": error,
        "owner": owner,
        "message": f"{pipeline}: {task} {state}" if task else f"{pipeline}: {state}",
    }
