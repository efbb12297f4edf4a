"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import pools_of_a_project_job

defs = dg.Definitions(jobs=[pools_of_a_project_job.pools_of_a_project])
