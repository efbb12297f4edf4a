"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import air_quality_job

defs = dg.Definitions(
    jobs=[air_quality_job.air_quality],
    schedules=[air_quality_job.air_quality_schedule],
)
