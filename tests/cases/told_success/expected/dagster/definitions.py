"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import told_success_job

defs = dg.Definitions(
    jobs=[told_success_job.told_success],
    sensors=[
        told_success_job.told_success_on_failure,
        told_success_job.told_success_on_success,
    ],
)
