"""Operators that differ from Airflow's own in one point."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


class TimedBashOperator(BashOperator):
    """A timeout ends all processes of the script, also those that ignore SIGTERM."""

    def on_kill(self) -> None:
        process = self.subprocess_hook.sub_process
        if process is None:
            return
        deadline = time.monotonic() + GRACE
        try:
            os.killpg(process.pid, signal.SIGTERM)
            while time.monotonic() < deadline:
                time.sleep(0.1)
                process.poll()
                os.killpg(process.pid, 0)
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.log.info("All processes of the script have ended")


def each(operator: Any) -> Any:
    """The operator with an `item` to expand over, which templates know as `task.item`."""

    class Each(operator):
        def __init__(self, *, item: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.item = item

    Each.__name__ = Each.__qualname__ = operator.__name__
    return Each
