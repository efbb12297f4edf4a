"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import checks_and_control_flow_job

defs = dg.Definitions(
    jobs=[checks_and_control_flow_job.checks_and_control_flow],
    assets=[*checks_and_control_flow_job.ASSETS],
)
