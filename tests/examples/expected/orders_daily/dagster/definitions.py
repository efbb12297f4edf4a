"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import orders_daily_job

defs = dg.Definitions(
    jobs=[orders_daily_job.orders_daily],
    schedules=[orders_daily_job.orders_daily_schedule],
    sensors=[orders_daily_job.orders_daily_on_failure],
)
