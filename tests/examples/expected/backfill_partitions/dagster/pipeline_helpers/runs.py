"""What a run knows of itself."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg


def run_time(context: dg.OpExecutionContext, timezone: str) -> datetime:
    """The time that the schedule names; of a run by hand, when it was asked for."""
    scheduled = context.run.tags.get(".dagster/scheduled_execution_time")
    if scheduled is not None:
        moment = datetime.fromisoformat(scheduled)
    else:
        record = context.instance.get_run_record_by_id(context.run_id)
        assert record is not None
        moment = record.create_timestamp
    return moment.astimezone(ZoneInfo(timezone))
