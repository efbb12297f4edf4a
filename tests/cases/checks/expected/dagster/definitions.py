"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import checks_job

defs = dg.Definitions(jobs=[checks_job.checks_])
