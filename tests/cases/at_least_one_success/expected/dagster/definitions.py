"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import at_least_one_success_job

defs = dg.Definitions(jobs=[at_least_one_success_job.at_least_one_success])
