"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import run_on_leaf_allowed_job, run_on_leaf_job

defs = dg.Definitions(
    jobs=[run_on_leaf_job.run_on_leaf, run_on_leaf_allowed_job.run_on_leaf_allowed],
)
