"""Assets that no job of this project makes."""

import dagster as dg

ASSETS = [
    dg.AssetSpec(
        ["intake", "files"],
        description="What the shop exports.",
        metadata={"dagster/uri": "file:///data/in"},
    ),
]
