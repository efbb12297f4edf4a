"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import timeouts_job

defs = dg.Definitions(jobs=[timeouts_job.timeouts])
