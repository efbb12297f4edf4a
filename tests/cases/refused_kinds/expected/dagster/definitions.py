"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import refused_on_assets_job

defs = dg.Definitions(
    jobs=[refused_on_assets_job.refused_on_assets],
    sensors=[refused_on_assets_job.refused_on_assets_sensor],
)
