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
    states = {name: future.state.type.value for name, future in futures.items()}
    if any(state != "COMPLETED" for state in states.values()):
        bad = ("FAILED", "CRASHED")
        raise TasksFailed(sorted(name for name, one in states.items() if one in bad))
