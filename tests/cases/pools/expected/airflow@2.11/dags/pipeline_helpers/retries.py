"""How long tasks wait before they are retried, where Airflow has no such backoff."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from airflow.utils.context import Context


def wait_up_to(seconds: float) -> Callable[[Context], None]:
    """A `pre_execute` hook: before a retry, a random time longer."""

    def pre_execute(context: Context) -> None:
        if context["ti"].try_number > 1:
            time.sleep(random.uniform(0, seconds))

    return pre_execute
