"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import dump_items_job, dump_orders_job

defs = dg.Definitions(jobs=[dump_items_job.dump_items, dump_orders_job.dump_orders])
