"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import clean_orders_job, sales_mart_job, shop_exports_job

defs = dg.Definitions(
    jobs=[
        clean_orders_job.clean_orders,
        sales_mart_job.sales_mart,
        shop_exports_job.shop_exports,
    ],
    assets=[*clean_orders_job.ASSETS, *sales_mart_job.ASSETS, *shop_exports_job.ASSETS],
    asset_checks=[*sales_mart_job.CHECKS],
    schedules=[shop_exports_job.shop_exports_schedule],
    sensors=[clean_orders_job.clean_orders_sensor, sales_mart_job.sales_mart_sensor],
)
