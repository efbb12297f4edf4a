"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import every_fifty_minutes_job, every_second_day_job

defs = dg.Definitions(
    jobs=[
        every_fifty_minutes_job.every_fifty_minutes,
        every_second_day_job.every_second_day,
    ],
    schedules=[
        every_fifty_minutes_job.every_fifty_minutes_schedule,
        every_second_day_job.every_second_day_schedule,
    ],
)
