"""Assets that ops make, and runs that start when assets are updated."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence, Set
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from .partitions import partition_of


def materializes(
    *assets: dg.AssetKey,
    partitions: dg.PartitionsDefinition | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of an op's function: what is updated when it succeeds.

    Numbers in a map that it returns become metadata, which Dagster plots.
    """

    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(body)
        def run(*args: Any, **kwargs: Any) -> Any:
            result = body(*args, **kwargs)
            context = dg.OpExecutionContext.get()
            values = result.items() if isinstance(result, dict) else ()
            numbers = {
                name: one for name, one in values if isinstance(one, int | float)
            }
            partition = None
            if partitions is not None:
                partition = partition_of(context, partitions).key
            for asset in assets:
                context.log_event(
                    dg.AssetMaterialization(
                        asset, metadata=numbers, partition=partition
                    )
                )
            return result

        return run

    return decorate


def update_since(
    context: dg.OpExecutionContext, asset: dg.AssetKey, moment: datetime
) -> str | None:
    """The time of the asset's last update, if it was since then."""
    wanted = dg.AssetRecordsFilter(asset, after_timestamp=moment.timestamp())
    found = context.instance.fetch_materializations(wanted, limit=1)
    for record in found.records:
        return datetime.fromtimestamp(record.timestamp, UTC).isoformat()
    return None


_AT_ONCE = 1000
"""How many updates of an asset one tick looks at."""

Starts = Callable[[Set[dg.AssetKey]], bool]
"""Whether these updates are enough."""


def all_of(*parts: dg.AssetKey | Starts) -> Starts:
    return lambda updated: all(_is_met(part, updated) for part in parts)


def any_of(*parts: dg.AssetKey | Starts) -> Starts:
    return lambda updated: any(_is_met(part, updated) for part in parts)


def _is_met(part: dg.AssetKey | Starts, updated: Set[dg.AssetKey]) -> bool:
    return part in updated if isinstance(part, dg.AssetKey) else part(updated)


def runs_on_updates(
    context: dg.SensorEvaluationContext,
    assets: Sequence[dg.AssetKey],
    *,
    starts: Starts = bool,
    run_config: dg.RunConfig | None = None,
) -> dg.SensorResult:
    """A run whenever what was updated since the last one is enough to start it.

    Updates are taken one by one, in their order, however many lie between two ticks.
    Those from before the sensor was started count for nothing.
    """
    goes_on = context.cursor and not context.is_first_tick_since_sensor_start
    before = json.loads(context.cursor) if goes_on else {}
    seen: dict[str, int] = before.get("seen", {})
    waiting = before.get("updated", ())
    updated = {asset for asset in assets if asset.to_user_string() in waiting}
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
        updated.add(record.asset_key)
        if not starts(updated):
            continue
        updated.clear()
        requests.append(
            dg.RunRequest(
                run_key=str(record.storage_id),
                run_config=run_config,
                # as the daemon says when a schedule meant a run to be
                tags={".dagster/scheduled_execution_time": moment.isoformat()},
            )
        )
    waiting = sorted(asset.to_user_string() for asset in updated)
    after = {"seen": seen, "updated": waiting}
    waits = f"updated so far: {', '.join(waiting) or 'nothing'}"
    reason = None if requests else waits
    return dg.SensorResult(requests, reason, cursor=json.dumps(after))
