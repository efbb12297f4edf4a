"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    group_asked_by_its_root_job,
    group_skipped_early_job,
    group_skipped_from_above_job,
)

defs = dg.Definitions(
    jobs=[
        group_asked_by_its_root_job.group_asked_by_its_root,
        group_skipped_early_job.group_skipped_early,
        group_skipped_from_above_job.group_skipped_from_above,
    ],
)
