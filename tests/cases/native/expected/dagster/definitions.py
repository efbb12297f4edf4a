"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import native_job

defs = dg.Definitions(jobs=[native_job.native])
