"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import limits_job

defs = dg.Definitions(jobs=[limits_job.limits])
