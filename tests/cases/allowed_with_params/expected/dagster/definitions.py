"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import allowed_with_params_job

defs = dg.Definitions(jobs=[allowed_with_params_job.allowed_with_params])
