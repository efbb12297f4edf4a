"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_sql_bigquery_job, kind_sql_dialects_job, kind_sql_warehouses_job

defs = dg.Definitions(
    jobs=[
        kind_sql_bigquery_job.kind_sql_bigquery,
        kind_sql_dialects_job.kind_sql_dialects,
        kind_sql_warehouses_job.kind_sql_warehouses,
    ],
)
