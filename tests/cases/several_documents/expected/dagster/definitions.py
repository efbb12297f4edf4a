"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import first_job, second_job

defs = dg.Definitions(jobs=[first_job.first, second_job.second])
