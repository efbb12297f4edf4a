"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import allowed_failures_job

defs = dg.Definitions(jobs=[allowed_failures_job.allowed_failures])
