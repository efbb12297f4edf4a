"""Runs of other jobs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import dagster as dg


def start_run(
    job: str,
    params: Mapping[str, Any] | None = None,
    *,
    wait: bool = True,
    poll: float = 60,
) -> str:
    """Ask the webserver for a run; returns its id. With `wait` it fails if that run does."""
    # the import takes seconds
    from dagster_graphql import DagsterGraphQLClient

    address = urlsplit(os.environ["DAGSTER_WEBSERVER_URL"])
    client = DagsterGraphQLClient(
        address.hostname or "localhost",
        port_number=address.port,
        use_https=address.scheme == "https",
        path_prefix=address.path.rstrip("/"),
    )
    config = {"resources": {"params": {"config": dict(params)}}} if params else {}
    run_id = client.submit_job_execution(job, run_config=config)
    while wait:
        status = client.get_run_status(run_id)
        if status == dg.DagsterRunStatus.SUCCESS:
            break
        if status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED):
            raise dg.Failure(f"the run {run_id} of {job} ended: {status.value}")
        time.sleep(poll)
    return run_id


def run_has_ended(
    context: dg.OpExecutionContext, job: str, moment: datetime
) -> bool | None:
    """Whether the run that the schedule of a job made for a moment is a success.

    None while it is not there, or goes on. Of several the last one counts; one that
    failed fails this op.
    """
    time_of_run = moment.astimezone(UTC).isoformat()
    wanted = dg.RunsFilter(
        job_name=job, tags={".dagster/scheduled_execution_time": time_of_run}
    )
    for record in context.instance.get_run_records(wanted, limit=1):
        run = record.dagster_run
        if run.is_failure_or_canceled:
            raise dg.Failure(f"the run {run.run_id} of {job} ended: {run.status.value}")
        return run.is_success or None
    return None
