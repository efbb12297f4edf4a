"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import in_one_process_job, target_options_job

defs = dg.Definitions(
    jobs=[in_one_process_job.in_one_process, target_options_job.target_options],
)
