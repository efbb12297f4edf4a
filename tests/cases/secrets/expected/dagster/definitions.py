"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import secrets_job

defs = dg.Definitions(jobs=[secrets_job.secrets])
