"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import dies_job

defs = dg.Definitions(jobs=[dies_job.dies])
