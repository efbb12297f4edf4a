from dagster import Definitions
from defs import bodies_job, flow_job, params_job

defs = Definitions(
    jobs=[*bodies_job.bodies, flow_job.flow, flow_job.rules, params_job.params_job],
    schedules=[params_job.params_schedule],
)
