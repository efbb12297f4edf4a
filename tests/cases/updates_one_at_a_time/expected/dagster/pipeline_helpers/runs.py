"""What a run knows of itself."""

from __future__ import annotations

import dagster as dg


def active_runs(instance: dg.DagsterInstance, job: str) -> int:
    """How many runs of a job have not ended, those in the queue too."""
    statuses = [
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    active = dg.RunsFilter(job_name=job, statuses=statuses)
    return len(instance.get_run_records(active))
