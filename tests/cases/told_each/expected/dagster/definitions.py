"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import told_each_job

defs = dg.Definitions(
    jobs=[told_each_job.told_each],
    sensors=[told_each_job.told_each_on_failure],
)
