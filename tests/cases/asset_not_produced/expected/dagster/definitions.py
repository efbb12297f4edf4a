"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import clean_job, other_assets, report_job

defs = dg.Definitions(
    jobs=[clean_job.clean, report_job.report],
    assets=[*clean_job.ASSETS, *other_assets.ASSETS],
    sensors=[clean_job.clean_sensor, report_job.report_sensor],
)
