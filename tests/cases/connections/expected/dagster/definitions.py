"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import connections_job

defs = dg.Definitions(jobs=[connections_job.connections])
