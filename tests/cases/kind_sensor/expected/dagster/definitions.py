"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_sensor_job

defs = dg.Definitions(jobs=[kind_sensor_job.kind_sensor])
