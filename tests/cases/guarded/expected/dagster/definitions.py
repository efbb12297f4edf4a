"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import guarded_job

defs = dg.Definitions(jobs=[guarded_job.guarded])
