"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import intake_one_at_a_time_job, other_assets

defs = dg.Definitions(
    jobs=[intake_one_at_a_time_job.intake_one_at_a_time],
    assets=[*other_assets.ASSETS],
    sensors=[intake_one_at_a_time_job.intake_one_at_a_time_sensor],
)
