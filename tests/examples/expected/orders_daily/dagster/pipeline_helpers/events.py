"""Who is told what becomes of ops and runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dagster as dg

Alert = Callable[["Event"], None]
"""A function that tells somebody of an event."""


def tell_run(
    context: dg.RunStatusSensorContext,
    pipeline: str,
    *alerts: Alert,
    owner: str = "",
    ids: Mapping[str, str] | None = None,
) -> None:
    """Tell how a run ended; `ids` are those of tasks whose steps are called otherwise."""
    run = context.dagster_run
    state = "success" if run.status is dg.DagsterRunStatus.SUCCESS else "failed"
    error = ""
    if isinstance(context, dg.RunFailureSensorContext):
        error = _failures(context, ids or {})
    event = _event(run, context.instance, pipeline, state, "", error, owner)
    _tell(event, alerts, context.log)


def _failures(context: dg.RunFailureSensorContext, ids: Mapping[str, str]) -> str:
    """The tasks that failed; where none did, why the run did."""
    message = context.failure_event.message or ""
    if message.startswith("Exceeded maximum runtime"):
        return "timed out"
    run_id = context.dagster_run.run_id
    records = context.instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.STEP_OUTPUT
    ).records
    outputs = [one.event_log_entry.dagster_event for one in records]
    events = [one for one in outputs if one and _failed(one)]
    for event in context.get_step_failure_events():
        said = event.step_failure_data.user_failure_data
        if said is None or not (said.description or "").startswith("not run: "):
            events.append(event)
    steps = {re.sub(r"\[.*\]$", "", event.step_key or "") for event in events}
    return ", ".join(sorted(ids.get(step, step) for step in steps)) or _line(message)


def _failed(event: dg.DagsterEvent) -> bool:
    """Whether an op tells those after it that it failed, which may end green."""
    state = event.step_output_data.metadata.get("state")
    return state is not None and state.value == "failed"


class Event(dict[str, str]):
    """What is told, and the run that it is of."""

    def __init__(
        self,
        told: dict[str, str],
        run: dg.DagsterRun,
        instance: dg.DagsterInstance,
    ) -> None:
        super().__init__(told)
        self.run = run
        self.run_id = run.run_id
        self.instance = instance

    def config(self, resource: str) -> dict[str, Any]:
        """What the run's config says of a resource."""
        resources = self.run.run_config.get("resources", {})
        return dict(resources.get(resource, {}).get("config", {}))


def _event(
    run: dg.DagsterRun,
    instance: dg.DagsterInstance,
    pipeline: str,
    state: str,
    task: str,
    error: str,
    owner: str,
) -> Event:
    """What is told; its `message` is for alerts that have none."""
    run_id = run.run_id
    webserver = os.environ.get("DAGSTER_WEBSERVER_URL", "").rstrip("/")
    told = {
        "pipeline": pipeline,
        "task": task,
        "run_id": run_id,
        "state": state,
        "url": f"{webserver}/runs/{run_id}" if webserver else "",
        "error": error,
        "owner": owner,
        "message": f"{pipeline}: {task} {state}" if task else f"{pipeline}: {state}",
    }
    return Event(told, run, instance)


def _tell(event: Event, alerts: Iterable[Alert], log: dg.DagsterLogManager) -> None:
    """Tell of an event; an alert that fails is logged, and keeps no other from being told.

    The log has no more than the type of the error: what it says may have the address,
    which is a secret.
    """
    for alert in alerts:
        try:
            alert(event)
        except (Exception, SystemExit) as error:
            log.error(f"{alert.__name__} failed: {type(error).__name__}")


def _line(words: str) -> str:
    """The first line; of an address in it, neither the user nor the password."""
    line = re.sub(r"//\S*@", "//***@", words.strip().partition("\n")[0])
    return line if len(line) <= 200 else f"{line[:199]}…"
