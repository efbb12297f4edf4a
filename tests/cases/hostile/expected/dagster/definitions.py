"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import hostile_job

defs = dg.Definitions(jobs=[hostile_job.hostile])
