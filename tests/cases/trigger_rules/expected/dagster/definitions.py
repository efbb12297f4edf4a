"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import trigger_rules_job

defs = dg.Definitions(jobs=[trigger_rules_job.trigger_rules])
