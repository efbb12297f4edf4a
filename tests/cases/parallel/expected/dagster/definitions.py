"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import parallel_job

defs = dg.Definitions(jobs=[parallel_job.parallel])
