"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import warehouse_elt_job

defs = dg.Definitions(
    jobs=[warehouse_elt_job.warehouse_elt],
    schedules=[warehouse_elt_job.warehouse_elt_schedule],
)
