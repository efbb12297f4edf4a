"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import by_hand_alone_job, by_region_job, starts_a_region_job

defs = dg.Definitions(
    jobs=[
        by_hand_alone_job.by_hand_alone,
        by_region_job.by_region,
        starts_a_region_job.starts_a_region,
    ],
    schedules=[by_region_job.by_region_schedule],
)
