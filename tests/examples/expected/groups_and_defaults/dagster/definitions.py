"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import solar_readings_job

defs = dg.Definitions(
    jobs=[solar_readings_job.solar_readings],
    schedules=[solar_readings_job.solar_readings_schedule],
)
