"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import groups_and_their_edges_job

defs = dg.Definitions(jobs=[groups_and_their_edges_job.groups_and_their_edges])
