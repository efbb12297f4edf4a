"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import conditions_job

defs = dg.Definitions(jobs=[conditions_job.conditions])
