"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    on_all_job,
    on_many_job,
    on_none_job,
    on_one_job,
    on_some_job,
    other_assets,
)

defs = dg.Definitions(
    jobs=[
        on_all_job.on_all,
        on_many_job.on_many,
        on_none_job.on_none,
        on_one_job.on_one,
        on_some_job.on_some,
    ],
    assets=[*on_all_job.ASSETS, *other_assets.ASSETS],
    sensors=[
        on_all_job.on_all_sensor,
        on_many_job.on_many_sensor,
        on_none_job.on_none_sensor,
        on_one_job.on_one_sensor,
        on_some_job.on_some_sensor,
    ],
)
