"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import deadline_kept_job, deadline_of_schedule_job

defs = dg.Definitions(
    jobs=[
        deadline_kept_job.deadline_kept,
        deadline_of_schedule_job.deadline_of_schedule,
    ],
    schedules=[deadline_of_schedule_job.deadline_of_schedule_schedule],
    sensors=[
        deadline_kept_job.deadline_kept_deadline,
        deadline_of_schedule_job.deadline_of_schedule_on_failure,
        deadline_of_schedule_job.deadline_of_schedule_deadline,
    ],
)
