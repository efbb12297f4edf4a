"""How a flow run says which of its tasks failed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from prefect.futures import PrefectFuture


class TasksFailed(Exception):
    """Tasks failed, and so does the flow run."""

    def __init__(self, failed_tasks: list[str]) -> None:
        super().__init__(f"failed: {', '.join(failed_tasks)}")
        self.failed_tasks = failed_tasks


def raise_failures(futures: Mapping[str, PrefectFuture[Any]]) -> None:
    """Wait for the tasks; fail the flow run, with their names, if some failed."""
    for future in futures.values():
        with suppress(Exception):  # Prefect shows the task as Crashed
            future.wait()
    states = {name: future.state for name, future in futures.items()}
    failed = [
        name for name, state in states.items() if state.is_failed() or state.is_crashed()
    ]
    if failed or not all(state.is_completed() for state in states.values()):
        raise TasksFailed(sorted(failed))
