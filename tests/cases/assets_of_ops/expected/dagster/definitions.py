"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    intake_all_updated_job,
    intake_by_day_job,
    intake_each_update_job,
    intake_is_waited_for_job,
    intake_job,
    other_assets,
)

defs = dg.Definitions(
    jobs=[
        intake_job.intake,
        intake_all_updated_job.intake_all_updated,
        intake_by_day_job.intake_by_day,
        intake_each_update_job.intake_each_update,
        intake_is_waited_for_job.intake_is_waited_for,
    ],
    assets=[*intake_job.ASSETS, *intake_by_day_job.ASSETS, *other_assets.ASSETS],
    schedules=[intake_by_day_job.intake_by_day_schedule],
    sensors=[
        intake_all_updated_job.intake_all_updated_sensor,
        intake_each_update_job.intake_each_update_sensor,
    ],
)
