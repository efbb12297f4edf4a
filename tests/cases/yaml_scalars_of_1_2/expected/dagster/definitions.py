"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import yaml_scalars_of_1_2_job

defs = dg.Definitions(jobs=[yaml_scalars_of_1_2_job.yaml_scalars_of_1_2])
