"""When the schedules of deployments make runs, and whether the flow ends such a run at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from typing import Any

LOOKED_AT = 8
"""Times that are asked for; of those that a flow does not end at once, those are told."""


def of(flow: Any, deployments: list[dict[str, Any]]) -> dict[str, Any]:
    """The next fire times, as Prefect's own schedule classes compute them."""
    since = dt.datetime.now(dt.UTC)
    schedules = [
        one
        for deployment in deployments
        for one in deployment.get("schedules") or ()
        if one.get("active", True) and not deployment.get("paused")
    ]
    # several may fire at once, each with parameters of its own
    dates = sorted({date for one in schedules for date in dates_of(one, since)})[:LOOKED_AT]
    return {
        "since": since.isoformat(),
        "until": dates[-1].isoformat() if dates else None,
        "times": [date.isoformat() for date in dates if not is_ended_at_once(flow, date)],
    }


def dates_of(written: dict[str, Any], since: dt.datetime) -> list[dt.datetime]:
    from prefect.server.schemas import schedules

    kinds = {
        "cron": (schedules.CronSchedule, ("cron", "timezone", "day_or")),
        "interval": (schedules.IntervalSchedule, ("interval", "anchor_date", "timezone")),
        "rrule": (schedules.RRuleSchedule, ("rrule", "timezone")),
    }
    [(kind, keys)] = [made for key, made in kinds.items() if written.get(key) is not None]
    schedule = kind(**{key: written[key] for key in keys if written.get(key) is not None})
    found = asyncio.run(schedule.get_dates(n=LOOKED_AT, start=since))
    return [dt.datetime.fromtimestamp(date.timestamp(), dt.UTC) for date in found if date >= since]


def is_ended_at_once(flow: Any, date: dt.datetime) -> bool:
    """Whether the flow has a guard that ends the scheduled run of a time, as Skipped."""
    from uuid import uuid4

    from prefect.client.schemas.objects import FlowRun
    from prefect.context import FlowRunContext

    if "is_outside_schedule" not in flow.fn.__code__.co_names:
        return False
    run = FlowRun(
        id=uuid4(), flow_id=uuid4(), parameters={}, expected_start_time=date, auto_scheduled=True
    )
    values = dict.fromkeys(inspect.signature(flow.fn).parameters)
    with FlowRunContext.model_construct(
        flow=flow, flow_run=run, parameters=values, task_runner=None
    ):
        try:
            state = flow.fn(**values)
        except Exception:
            return False  # it went on, to what needs params or a task runner
    return getattr(state, "name", None) == "Skipped"
