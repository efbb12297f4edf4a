"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_sql_duckdb_job

defs = dg.Definitions(jobs=[kind_sql_duckdb_job.kind_sql_duckdb])
