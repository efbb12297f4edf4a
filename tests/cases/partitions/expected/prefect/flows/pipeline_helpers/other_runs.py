"""Runs of other flows."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound


class OtherRunFailed(Exception):
    """The run of the other flow did not complete."""


def start_run(deployment: str, **options: Any) -> FlowRun:
    """Like `run_deployment`, whose error does not say which deployment is missing."""
    try:
        return run_deployment(deployment, **options)
    except ObjectNotFound:
        raise LookupError(f"there is no deployment {deployment}") from None


def id_if_completed(run: FlowRun) -> str:
    """The id of a run that was waited for; fails where the run did not complete."""
    state = run.state
    if state is None or not state.is_final():
        raise TimeoutError(f"run {run.id} of {run.name} has not ended")
    if not state.is_completed():
        raise OtherRunFailed(f"run {run.id} ended as {state.name}: {state.message}")
    return str(run.id)
