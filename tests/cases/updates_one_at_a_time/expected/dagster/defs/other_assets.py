"""Assets that no job of this project makes."""

import dagster as dg

ASSETS = [
    dg.AssetSpec(
        ["intake", "clean"],
        metadata={"owner": "Sales", "group": "in-house"},
        group_name="in_house",
    ),
]
