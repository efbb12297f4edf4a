"""The partition that a run works on."""

from __future__ import annotations

import dagster as dg


def partition_key_of(
    context: dg.OpExecutionContext, partitions: dg.StaticPartitionsDefinition
) -> str:
    """The partition that the run names, as each run must."""
    keys = partitions.get_partition_keys()
    key = context.partition_key if context.has_partition_key else None
    if key is None or key not in keys:
        named = "names no partition" if key is None else f"names the partition {key!r}"
        message = f"the run {named}: launch it for one of {', '.join(keys)}"
        raise dg.Failure(message, allow_retries=False)
    return key
