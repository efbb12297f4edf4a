"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import implicit_edges_job

defs = dg.Definitions(jobs=[implicit_edges_job.implicit_edges])
