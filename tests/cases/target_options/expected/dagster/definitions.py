"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import target_options_job

defs = dg.Definitions(jobs=[target_options_job.target_options])
