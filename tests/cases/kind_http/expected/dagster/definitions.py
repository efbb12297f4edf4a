"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_http_job

defs = dg.Definitions(jobs=[kind_http_job.kind_http])
