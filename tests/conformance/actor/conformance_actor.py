"""A user's module: bodies that fail, skip, oversleep or return as their arguments tell them."""

import os
import time
from pathlib import Path

STARTS = Path(__file__).with_name("starts.txt")
"""One line for each body that began: the pipeline, the task, the index, the attempt."""


class SkipTask(Exception):  # noqa: N818 - what it does
    """The task skips itself."""


def act(name, attempt, index=None, at=None, reads=None, **plan):
    line = f"{name} {'-' if index is None else index} {attempt}\n"
    descriptor = os.open(STARTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    plan = (at or {}).get(str(index), plan)
    if plan.get("skips"):
        raise SkipTask("as it was told")
    fails = plan.get("fails", 0)
    if fails == "always" or attempt <= fails:
        if plan.get("sleeps"):
            time.sleep(60)
        raise RuntimeError("as it was told")
    return reads if plan.get("echoes") else plan.get("returns")
