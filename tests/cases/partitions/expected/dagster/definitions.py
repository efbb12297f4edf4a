"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    by_day_job,
    by_hour_job,
    by_month_job,
    by_quarter_job,
    by_tick_job,
    by_week_job,
    starts_by_day_job,
)

defs = dg.Definitions(
    jobs=[
        by_day_job.by_day,
        by_hour_job.by_hour,
        by_month_job.by_month,
        by_quarter_job.by_quarter,
        by_tick_job.by_tick,
        by_week_job.by_week,
        starts_by_day_job.starts_by_day,
    ],
    schedules=[
        by_day_job.by_day_schedule,
        by_hour_job.by_hour_schedule,
        by_month_job.by_month_schedule,
        by_quarter_job.by_quarter_schedule,
        by_tick_job.by_tick_schedule,
        by_week_job.by_week_schedule,
        starts_by_day_job.starts_by_day_schedule,
    ],
)
