"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_container_job

defs = dg.Definitions(jobs=[kind_container_job.kind_container])
