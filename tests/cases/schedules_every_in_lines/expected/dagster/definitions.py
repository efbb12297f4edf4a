"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import every_ninety_minutes_job

defs = dg.Definitions(
    jobs=[every_ninety_minutes_job.every_ninety_minutes],
    schedules=[every_ninety_minutes_job.every_ninety_minutes_schedule],
)
