"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import gates_job

defs = dg.Definitions(jobs=[gates_job.gates])
