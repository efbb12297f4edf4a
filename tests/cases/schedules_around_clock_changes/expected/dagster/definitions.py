"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import (
    at_night_job,
    each_hour_job,
    half_an_hour_of_summer_job,
    hours_of_working_days_job,
    in_the_morning_job,
)

defs = dg.Definitions(
    jobs=[
        at_night_job.at_night,
        each_hour_job.each_hour,
        half_an_hour_of_summer_job.half_an_hour_of_summer,
        hours_of_working_days_job.hours_of_working_days,
        in_the_morning_job.in_the_morning,
    ],
    schedules=[
        at_night_job.at_night_schedule,
        each_hour_job.each_hour_schedule,
        half_an_hour_of_summer_job.half_an_hour_of_summer_schedule,
        hours_of_working_days_job.hours_of_working_days_schedule,
        in_the_morning_job.in_the_morning_schedule,
    ],
)
