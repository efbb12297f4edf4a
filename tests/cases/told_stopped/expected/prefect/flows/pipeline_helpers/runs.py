"""What a flow or a task knows of its run."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.context import FlowRunContext


def seconds_left(limit: float, at_most: float | None = None) -> float:
    """How long a task may take in a flow run that takes no longer than `limit`.

    A second more than is left, so that the flow run's own timeout comes first.
    """
    context = FlowRunContext.get()
    begun = context.start_time if context else datetime.now(UTC)
    left = max(limit - (datetime.now(UTC) - begun).total_seconds(), 0) + 1
    return left if at_most is None else min(left, at_most)


def has_ended() -> bool:
    """Whether the flow run has ended before its task: its timeout is over."""
    context = FlowRunContext.get()
    flow_run = context.flow_run if context else None
    state = flow_run.state if flow_run else None
    return state is not None and state.is_final()
