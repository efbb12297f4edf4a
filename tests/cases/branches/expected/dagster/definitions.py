"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import branches_job

defs = dg.Definitions(jobs=[branches_job.branches])
