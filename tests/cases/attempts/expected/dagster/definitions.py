"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import attempts_job

defs = dg.Definitions(jobs=[attempts_job.attempts])
