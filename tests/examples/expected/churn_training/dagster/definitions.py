"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import churn_training_job

defs = dg.Definitions(
    jobs=[churn_training_job.churn_training],
    schedules=[churn_training_job.churn_training_schedule],
)
