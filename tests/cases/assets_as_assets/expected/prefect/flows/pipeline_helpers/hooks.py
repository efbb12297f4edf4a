"""Hooks of tasks and flows that tell people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from prefect import Flow, State, Task, runtime
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.logging.loggers import flow_run_logger, task_run_logger

from .alerts import Alert, event_of, tell


def tells(
    *alerts: Alert, owner: str = ""
) -> Callable[[Task[Any, Any] | Flow[Any, Any], TaskRun | FlowRun, State[Any]], None]:
    """A hook that tells how a task or a flow ended; of what was skipped it tells nobody."""

    def hook(
        of: Task[Any, Any] | Flow[Any, Any], run: TaskRun | FlowRun, state: State[Any]
    ) -> None:
        if state.name == "Skipped":
            return
        ended = "success" if state.is_completed() else "failed"
        error = "" if state.is_completed() else _error(state)
        if isinstance(run, TaskRun):
            pipeline, task = runtime.flow_run.flow_name or "", of.name
            event = event_of(run, pipeline, ended, task=task, error=error, owner=owner)
            tell(event, alerts, task_run_logger(run))
        else:
            event = event_of(run, of.name, ended, error=error, owner=owner)
            tell(event, alerts, flow_run_logger(run))

    return hook


def _error(state: State[Any]) -> str:
    """The first line of what was raised; of a flow, the tasks that failed."""
    error = state.data
    if not isinstance(error, BaseException):
        error = state.result(raise_on_failure=False)
    if state.name == "TimedOut" or isinstance(error, TimeoutError):
        return "timed out"
    said = str(error) if isinstance(error, BaseException) else state.message or ""
    line = said.strip().partition("\n")[0]
    if isinstance(error, BaseException):
        line = f"{type(error).__name__}: {line}"
    # neither the user nor the password of an address
    line = re.sub(r"//\S*@", "//***@", line)
    return line if len(line) <= 200 else f"{line[:199]}…"
