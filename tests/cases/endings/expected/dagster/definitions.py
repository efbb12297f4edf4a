"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import endings_job

defs = dg.Definitions(jobs=[endings_job.endings])
