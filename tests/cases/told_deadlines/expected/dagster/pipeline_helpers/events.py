"""Who is told what becomes of ops and runs."""

from __future__ import annotations

import functools
import inspect
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import dagster as dg

Alert = Callable[["Event"], None]
"""A function that tells somebody of an event."""
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def tells(
    pipeline: str,
    task: str,
    *,
    on_failure: Iterable[Alert] = (),
    on_success: Iterable[Alert] = (),
    on_retry: Iterable[Alert] = (),
    owner: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of an op's function: who is told how its attempts end.

    Dagster's hooks know neither retries nor what ends green without a success: a task
    that is skipped, or one that may fail.
    """

    def tell(alerts: Iterable[Alert], state: str, error: str = "") -> None:
        context = dg.OpExecutionContext.get()
        run, instance = context.run, context.instance
        event = _event(run, instance, pipeline, state, task, error, owner)
        _tell(event, alerts, context.log)

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if _is_retried(error):
                tell(on_retry, "retrying", _words(error))
            else:
                tell(on_failure, "failed", _words(error))
            raise
        else:
            tell(on_success, "success")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with told():
                return function(*args, **kwargs)

        @functools.wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Iterator[Any]:
            with told():
                yield from function(*args, **kwargs)

        made = generate if inspect.isgeneratorfunction(function) else run
        return made

    return decorate


def _is_retried(error: Exception) -> bool:
    context = dg.OpExecutionContext.get()
    policy = context.op_def.retry_policy
    if policy is None or not getattr(error, "allow_retries", True):
        return False
    return context.retry_number < policy.max_retries


def _words(error: Exception) -> str:
    return _line(f"{type(error).__name__}: {str(error).strip()}")


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
    events = context.get_step_failure_events()
    steps = {re.sub(r"\[.*\]$", "", event.step_key or "") for event in events}
    return ", ".join(sorted(ids.get(step, step) for step in steps)) or _line(message)


def tell_late(
    context: dg.SensorEvaluationContext,
    pipeline: str,
    job: str,
    *alerts: Alert,
    after: float,
    since: Literal["scheduled", "started"],
    owner: str = "",
) -> dg.SkipReason:
    """Tell of the runs that have become late since the last tick, also if they ended.

    A run is late if it has not ended so many seconds after it was scheduled or started.
    """
    now = time.time()
    last = float(context.cursor or now)
    unfinished = dg.RunsFilter(job_name=job, statuses=UNFINISHED)
    since_last = datetime.fromtimestamp(last, UTC)
    changed = dg.RunsFilter(job_name=job, updated_after=since_last)
    runs = [
        *context.instance.get_run_records(unfinished),
        *context.instance.get_run_records(changed),
    ]
    late = {
        one.dagster_run.run_id: one.dagster_run
        for one in runs
        if (begin := _begin(one, since)) is not None
        and last < begin + after <= min(now, one.end_time or now)
    }
    for run in late.values():
        event = _event(run, context.instance, pipeline, "late", "", "", owner)
        _tell(event, alerts, context.log)
    context.update_cursor(str(now))
    return dg.SkipReason(f"{len(late)} runs have become late")


def _begin(record: dg.RunRecord, since: str) -> float | None:
    """When the run started, or when it should have; by hand, when it was asked for."""
    if since == "started":
        return record.start_time
    scheduled = record.dagster_run.tags.get(".dagster/scheduled_execution_time")
    if scheduled is None:
        return record.create_timestamp.timestamp()
    return datetime.fromisoformat(scheduled).timestamp()


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
