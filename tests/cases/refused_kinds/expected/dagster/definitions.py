"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    refused_on_assets_job,
    refused_partitions_cron_job,
    refused_partitions_hour_job,
    refused_partitions_keys_job,
    refused_partitions_month_job,
    refused_partitions_week_job,
)

defs = dg.Definitions(
    jobs=[
        refused_on_assets_job.refused_on_assets,
        refused_partitions_cron_job.refused_partitions_cron,
        refused_partitions_hour_job.refused_partitions_hour,
        refused_partitions_keys_job.refused_partitions_keys,
        refused_partitions_month_job.refused_partitions_month,
        refused_partitions_week_job.refused_partitions_week,
    ],
    schedules=[
        refused_partitions_cron_job.refused_partitions_cron_schedule,
        refused_partitions_hour_job.refused_partitions_hour_schedule,
        refused_partitions_month_job.refused_partitions_month_schedule,
        refused_partitions_week_job.refused_partitions_week_schedule,
    ],
    sensors=[refused_on_assets_job.refused_on_assets_sensor],
)
