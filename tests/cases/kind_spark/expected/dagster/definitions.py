"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_spark_job

defs = dg.Definitions(jobs=[kind_spark_job.kind_spark])
