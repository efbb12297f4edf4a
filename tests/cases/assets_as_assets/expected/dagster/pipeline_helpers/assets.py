"""Assets that ops make, and runs that start when assets are updated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg


_AT_ONCE = 1000
"""How many updates of an asset one tick looks at."""


def runs_on_updates(
    context: dg.SensorEvaluationContext,
    assets: Sequence[dg.AssetKey],
    *,
    partitions: dg.TimeWindowPartitionsDefinition | None = None,
) -> dg.SensorResult:
    """A run for each update of these assets, however many lie between two ticks.

    Those from before the sensor was started count for nothing.
    """
    goes_on = context.cursor and not context.is_first_tick_since_sensor_start
    before = json.loads(context.cursor) if goes_on else {}
    seen: dict[str, int] = before.get("seen", {})
    records: list[dg.EventLogRecord] = []
    for asset in assets:
        key = asset.to_user_string()
        started = None if key in seen else context.last_sensor_start_time
        new = dg.AssetRecordsFilter(
            asset, after_storage_id=seen.get(key), after_timestamp=started
        )
        found = context.instance.fetch_materializations(new, _AT_ONCE, ascending=True)
        records += found.records
        if found.records:
            seen[key] = found.records[-1].storage_id
    requests: list[dg.RunRequest] = []
    for record in sorted(records, key=lambda one: one.storage_id):
        moment = datetime.fromtimestamp(record.timestamp, UTC)
        with dg.partition_loading_context(effective_dt=moment):
            partition = partitions.get_last_partition_key() if partitions else None
        requests.append(
            dg.RunRequest(
                run_key=str(record.storage_id),
                partition_key=partition,
                # as the daemon says when a schedule meant a run to be
                tags={".dagster/scheduled_execution_time": moment.isoformat()},
            )
        )
    after = {"seen": seen}
    reason = None if requests else "no update"
    return dg.SensorResult(requests, reason, cursor=json.dumps(after))
