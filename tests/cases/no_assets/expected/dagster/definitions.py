"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import no_assets_ops_job

defs = dg.Definitions(jobs=[no_assets_ops_job.no_assets_ops])
