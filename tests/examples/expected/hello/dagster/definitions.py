"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import hello_job

defs = dg.Definitions(jobs=[hello_job.hello])
