"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import values_job

defs = dg.Definitions(jobs=[values_job.values], schedules=[values_job.values_schedule])
