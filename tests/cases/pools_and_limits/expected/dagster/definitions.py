"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import one_at_a_time_job

defs = dg.Definitions(
    jobs=[one_at_a_time_job.one_at_a_time],
    schedules=[one_at_a_time_job.one_at_a_time_schedule],
)
