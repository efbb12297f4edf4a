"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import kind_container_kubernetes_job, kubernetes_secrets_job

defs = dg.Definitions(
    jobs=[
        kind_container_kubernetes_job.kind_container_kubernetes,
        kubernetes_secrets_job.kubernetes_secrets,
    ],
)
