"""What sensors ask Airflow itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def updated_since(inlet_events: Any, asset: Any, since: datetime) -> str | None:
    """When an asset was last updated, if that was at some time or later."""
    events = inlet_events[asset].after(since.isoformat()).ascending(False).limit(1)
    return events[0].timestamp.isoformat() if events else None
