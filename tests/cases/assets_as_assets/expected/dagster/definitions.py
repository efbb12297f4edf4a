"""The code location: every job of `defs`, and the schedules."""

import dagster as dg
from defs import other_assets, shop_days_job, shop_sales_job

defs = dg.Definitions(
    jobs=[shop_days_job.shop_days, shop_sales_job.shop_sales],
    assets=[*shop_days_job.ASSETS, *shop_sales_job.ASSETS, *other_assets.ASSETS],
    asset_checks=[*shop_days_job.CHECKS, *shop_sales_job.CHECKS],
    schedules=[shop_sales_job.shop_sales_schedule],
    sensors=[shop_days_job.shop_days_sensor],
)
