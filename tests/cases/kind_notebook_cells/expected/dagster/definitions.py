"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_notebook_cells_job

defs = dg.Definitions(jobs=[kind_notebook_cells_job.kind_notebook_cells])
