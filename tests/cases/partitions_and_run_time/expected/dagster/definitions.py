"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    nominal_by_day_job,
    nominal_by_hour_job,
    nominal_by_key_job,
    nominal_by_month_job,
    nominal_by_night_job,
    nominal_by_week_job,
    nominal_started_job,
)

defs = dg.Definitions(
    jobs=[
        nominal_by_day_job.nominal_by_day,
        nominal_by_hour_job.nominal_by_hour,
        nominal_by_key_job.nominal_by_key,
        nominal_by_month_job.nominal_by_month,
        nominal_by_night_job.nominal_by_night,
        nominal_by_week_job.nominal_by_week,
        nominal_started_job.nominal_started,
    ],
    schedules=[
        nominal_by_day_job.nominal_by_day_schedule,
        nominal_by_hour_job.nominal_by_hour_schedule,
        nominal_by_key_job.nominal_by_key_schedule,
        nominal_by_month_job.nominal_by_month_schedule,
        nominal_by_night_job.nominal_by_night_schedule,
    ],
)
