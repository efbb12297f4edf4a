"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import schedules_on_assets_window_job

defs = dg.Definitions(
    jobs=[schedules_on_assets_window_job.schedules_on_assets_window],
    sensors=[schedules_on_assets_window_job.schedules_on_assets_window_sensor],
)
