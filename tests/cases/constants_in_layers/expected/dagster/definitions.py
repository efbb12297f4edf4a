"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import constants_in_layers_job

defs = dg.Definitions(jobs=[constants_in_layers_job.constants_in_layers])
