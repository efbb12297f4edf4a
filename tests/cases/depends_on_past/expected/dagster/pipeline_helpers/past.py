"""Ops that come after their own previous run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

_POLL = 10


@contextmanager
def after_previous_run() -> Iterator[None]:
    """Let the op wait until it succeeded, or was skipped, in the run of the job before.

    That is the last one that was made before this one. An op that failed there is waited
    for as well: whoever executes that run again lets this one go on.
    """
    context = dg.OpExecutionContext.get()
    waits = False
    while not _has_succeeded(context):
        if not waits:
            context.log.info("waiting for this op in the run before")
        waits = True
        time.sleep(_POLL)
    yield


def _has_succeeded(context: dg.OpExecutionContext) -> bool:
    runs = _previous(context)
    states: dict[str, str] = {}
    for run in runs:
        states |= _states(context, run.run_id)
    if any("[" in step for step in states) and not runs[-1].is_finished:
        return False  # more instances may come
    if states:
        return all(state in ("success", "skipped") for state in states.values())
    return not runs or runs[-1].is_success


def _previous(context: dg.OpExecutionContext) -> list[dg.DagsterRun]:
    """The run before this one, and what was made to execute it again, in order."""
    instance, job = context.instance, context.job_name
    this = instance.get_run_record_by_id(context.run.root_run_id or context.run_id)
    made = this.create_timestamp if this else None
    before = dg.RunsFilter(job_name=job, created_before=made)
    for record in instance.get_run_records(before, limit=100):
        run = record.dagster_run
        if run.status == dg.DagsterRunStatus.CANCELED and record.start_time is None:
            continue  # it was taken out of the queue
        if run.root_run_id is None and run.run_id != context.run_id:
            later = instance.get_runs(
                dg.RunsFilter(job_name=job, created_after=record.create_timestamp)
            )
            again = [one for one in reversed(later) if one.root_run_id == run.run_id]
            return [run, *again]
    return []


def _states(context: dg.OpExecutionContext, run_id: str) -> dict[str, str]:
    """How the op ended in a run, by its steps: a mapped one has several."""
    found = {}
    outputs = context.instance.all_logs(run_id, dg.DagsterEventType.STEP_OUTPUT)
    for entry in outputs:
        event = entry.dagster_event
        if event.step_key.partition("[")[0] == context.op_handle.name:
            output = event.step_output_data
            if output.output_name == "outcome":
                found[event.step_key] = str(output.metadata["state"].value)
    return found
