"""What Prefect knows of assets."""

from __future__ import annotations

from datetime import datetime

from prefect.assets import Asset
from prefect.client.orchestration import get_client
from prefect.events.filters import (
    EventFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventResourceFilter,
)


def last_update(asset: Asset, since: datetime) -> str | None:
    """When an asset was last updated, if that was at some time or later."""
    updates = EventFilter(
        event=EventNameFilter(name=["prefect.asset.materialization.succeeded"]),
        resource=EventResourceFilter(id=[asset.key]),
        occurred=EventOccurredFilter(since=since),
    )
    with get_client(sync_client=True) as client:
        found = client.read_events(updates, limit=1).events
    return found[0].occurred.isoformat() if found else None
