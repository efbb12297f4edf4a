"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import fan_out_job

defs = dg.Definitions(jobs=[fan_out_job.fan_out])
