"""Ops that wait: the wait is one over all attempts, and its end is not tried again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NoReturn

import dagster as dg


class WaitTimedOut(dg.Failure):
    """The whole wait is over, and nothing was found."""


def wait_until(
    context: dg.OpExecutionContext,
    moment: datetime,
    *,
    timeout: float,
) -> None:
    """Sleep until then; not at all where that is past."""
    end = started_at(context).timestamp() + timeout
    time.sleep(max(0.0, min(moment.timestamp(), end) - time.time()))
    if moment.timestamp() > end:
        _give_up(timeout)


def started_at(context: dg.OpExecutionContext) -> datetime:
    """When the first attempt of this op began."""
    key = str(context.op_handle)
    if context.get_mapping_key() is not None:
        key = f"{key}[{context.get_mapping_key()}]"
    for step in context.instance.get_run_step_stats(context.run_id, [key]):
        if step.start_time is not None:
            return datetime.fromtimestamp(step.start_time, UTC)
    return datetime.now(UTC)


def _give_up(timeout: float) -> NoReturn:
    raise WaitTimedOut(f"nothing found in {timeout:g} s", allow_retries=False)
