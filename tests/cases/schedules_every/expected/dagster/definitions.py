"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import every_quarter_job, every_twelve_hours_job, every_week_job

defs = dg.Definitions(
    jobs=[
        every_quarter_job.every_quarter,
        every_twelve_hours_job.every_twelve_hours,
        every_week_job.every_week,
    ],
    schedules=[
        every_quarter_job.every_quarter_schedule,
        every_twelve_hours_job.every_twelve_hours_schedule,
        every_week_job.every_week_schedule,
    ],
)
