"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import no_list_job

defs = dg.Definitions(jobs=[no_list_job.no_list])
