"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import odd_choice_job

defs = dg.Definitions(jobs=[odd_choice_job.odd_choice])
