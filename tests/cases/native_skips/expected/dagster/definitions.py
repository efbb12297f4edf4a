"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import native_skips_job

defs = dg.Definitions(jobs=[native_skips_job.native_skips])
