"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import switched_off_job

defs = dg.Definitions(
    jobs=[switched_off_job.switched_off],
    schedules=[switched_off_job.switched_off_schedule],
)
