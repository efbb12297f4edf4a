"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import anchors_aliases_merge_keys_job

defs = dg.Definitions(jobs=[anchors_aliases_merge_keys_job.anchors_aliases_merge_keys])
