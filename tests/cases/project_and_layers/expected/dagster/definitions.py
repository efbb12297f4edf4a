"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import one_job

defs = dg.Definitions(
    jobs=[one_job.one],
    assets=[*one_job.ASSETS],
    schedules=[one_job.one_schedule],
    sensors=[one_job.one_on_failure],
)
