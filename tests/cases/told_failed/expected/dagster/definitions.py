"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import told_failed_job

defs = dg.Definitions(
    jobs=[told_failed_job.told_failed],
    sensors=[
        told_failed_job.told_failed_on_failure,
        told_failed_job.told_failed_on_success,
    ],
)
