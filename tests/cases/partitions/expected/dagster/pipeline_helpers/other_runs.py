"""Runs of other jobs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import dagster as dg


def start_run(
    job: str,
    params: Mapping[str, Any] | None = None,
    *,
    partition: str | None = None,
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
    tags = {"dagster/partition": partition} if partition is not None else {}
    run_id = client.submit_job_execution(job, run_config=config, tags=tags)
    while wait:
        status = client.get_run_status(run_id)
        if status == dg.DagsterRunStatus.SUCCESS:
            break
        if status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED):
            raise dg.Failure(f"the run {run_id} of {job} ended: {status.value}")
        time.sleep(poll)
    return run_id
