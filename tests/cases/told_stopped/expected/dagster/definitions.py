"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import told_stopped_job

defs = dg.Definitions(
    jobs=[told_stopped_job.told_stopped],
    sensors=[
        told_stopped_job.told_stopped_on_failure,
        told_stopped_job.told_stopped_on_success,
    ],
)
