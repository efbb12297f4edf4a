"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import churn_weekly_job, invoices_daily_job, usage_hourly_job

defs = dg.Definitions(
    jobs=[
        churn_weekly_job.churn_weekly,
        invoices_daily_job.invoices_daily,
        usage_hourly_job.usage_hourly,
    ],
    schedules=[
        churn_weekly_job.churn_weekly_schedule,
        invoices_daily_job.invoices_daily_schedule,
        usage_hourly_job.usage_hourly_schedule,
    ],
)
