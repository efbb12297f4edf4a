"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import assets_job

defs = dg.Definitions(jobs=[assets_job.assets], assets=[*assets_job.ASSETS])
