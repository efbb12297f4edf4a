"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import no_overlap_job

defs = dg.Definitions(
    jobs=[no_overlap_job.no_overlap],
    schedules=[no_overlap_job.no_overlap_schedule],
)
