"""Retries that do not all come at once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prefect import runtime


@contextmanager
def retry_jitter(seconds: float) -> Iterator[None]:
    """Let each retry begin up to so much later.

    Prefect's own jitter makes the wait before a retry shorter, too.
    """
    if runtime.task_run.run_count > 1:
        time.sleep(random.uniform(0, seconds))
    yield
