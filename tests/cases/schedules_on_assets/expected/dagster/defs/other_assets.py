"""Assets that no job of this project makes."""

import dagster as dg

ASSETS = [
    dg.AssetSpec(["raw", "orders"], metadata={"dagster/uri": "s3://lake/raw/orders"}),
]
