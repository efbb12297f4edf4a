"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_notify_job

defs = dg.Definitions(jobs=[kind_notify_job.kind_notify])
