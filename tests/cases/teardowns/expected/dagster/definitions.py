"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import teardowns_job

defs = dg.Definitions(jobs=[teardowns_job.teardowns])
