"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import defaults_precedence_job

defs = dg.Definitions(jobs=[defaults_precedence_job.defaults_precedence])
