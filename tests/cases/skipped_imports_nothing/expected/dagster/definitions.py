"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import skipped_imports_nothing_job

defs = dg.Definitions(jobs=[skipped_imports_nothing_job.skipped_imports_nothing])
