"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_trigger_pipeline_job, kind_triggered_job

defs = dg.Definitions(
    jobs=[
        kind_trigger_pipeline_job.kind_trigger_pipeline,
        kind_triggered_job.kind_triggered,
    ],
)
