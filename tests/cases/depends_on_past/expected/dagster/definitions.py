"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import depends_on_past_by_rules_job, depends_on_past_job

defs = dg.Definitions(
    jobs=[
        depends_on_past_job.depends_on_past,
        depends_on_past_by_rules_job.depends_on_past_by_rules,
    ],
)
