"""What sensors ask Airflow itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def updated_since(inlet_events: Any, asset: Any, since: datetime) -> str | None:
    """When an asset was last updated, if that was at some time or later."""
    events = inlet_events[asset]
    if not events or events[-1].timestamp < since:
        return None
    return events[-1].timestamp.isoformat()
