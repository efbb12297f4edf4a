"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import decided_early_job

defs = dg.Definitions(jobs=[decided_early_job.decided_early])
