"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import told_late_job

defs = dg.Definitions(
    jobs=[told_late_job.told_late],
    sensors=[told_late_job.told_late_on_success, told_late_job.told_late_deadline],
)
