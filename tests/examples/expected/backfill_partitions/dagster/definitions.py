"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import meter_days_job

defs = dg.Definitions(
    jobs=[meter_days_job.meter_days],
    schedules=[meter_days_job.meter_days_schedule],
)
