"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import self_skips_job

defs = dg.Definitions(jobs=[self_skips_job.self_skips])
