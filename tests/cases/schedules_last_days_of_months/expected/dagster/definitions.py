"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    every_second_day_of_a_month_job,
    range_of_one_job,
    thrice_a_month_and_mondays_job,
    thrice_a_month_job,
)

defs = dg.Definitions(
    jobs=[
        every_second_day_of_a_month_job.every_second_day_of_a_month,
        range_of_one_job.range_of_one,
        thrice_a_month_job.thrice_a_month,
        thrice_a_month_and_mondays_job.thrice_a_month_and_mondays,
    ],
    schedules=[
        every_second_day_of_a_month_job.every_second_day_of_a_month_schedule,
        range_of_one_job.range_of_one_schedule,
        thrice_a_month_job.thrice_a_month_schedule,
        thrice_a_month_and_mondays_job.thrice_a_month_and_mondays_schedule,
    ],
)
