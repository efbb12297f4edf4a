"""Ops that wait: the wait is one over all attempts, and its end is not tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

import dagster as dg

from .rules import SkipTask


def wait_for(
    context: dg.OpExecutionContext,
    look: Callable[[], Any],
    *,
    poll: float,
    timeout: float,
    on_timeout: str = "fail",
) -> Any:
    """Look every `poll` seconds until there is something; returns what is found."""
    end = started_at(context).timestamp() + timeout
    while (found := look()) is None:
        left = end - time.time()
        if left <= 0:
            _give_up(timeout, on_timeout)
        time.sleep(min(poll, left))
    return found


def started_at(context: dg.OpExecutionContext) -> datetime:
    """When the first attempt of this op began."""
    key = str(context.op_handle)
    if context.get_mapping_key() is not None:
        key = f"{key}[{context.get_mapping_key()}]"
    for step in context.instance.get_run_step_stats(context.run_id, [key]):
        if step.start_time is not None:
            return datetime.fromtimestamp(step.start_time, UTC)
    return datetime.now(UTC)


def _give_up(timeout: float, on_timeout: str) -> NoReturn:
    if on_timeout == "skip":
        raise SkipTask(f"nothing found in {timeout:g} s")
    raise dg.Failure(f"nothing found in {timeout:g} s", allow_retries=False)
