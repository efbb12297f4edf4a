"""Operators that differ from Airflow's own in one point."""

from __future__ import annotations

import os
import signal
import time

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
