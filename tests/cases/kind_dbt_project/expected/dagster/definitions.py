"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_dbt_project_job

defs = dg.Definitions(jobs=[kind_dbt_project_job.kind_dbt_project])
