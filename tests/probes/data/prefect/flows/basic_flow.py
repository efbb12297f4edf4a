"""Hand-written as the generator would: a diamond with a retry, and a failing branch on demand."""

from __future__ import annotations

import os
import sys
import time
from datetime import date
from typing import Annotated, Literal

from prefect import flow, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed
from pydantic import Field

_attempts: dict[str, int] = {}


@task(name="extract", description="Reads the rows.", tags=["io"], cache_policy=NO_CACHE)
def extract(n: int) -> list[int]:
    return list(range(n))


@task(name="grp.flaky", retries=2, retry_delay_seconds=[0.3, 0.6], cache_policy=NO_CACHE)
def flaky(rows: list[int], failures: int) -> int:
    key = str(runtime.task_run.id)
    _attempts[key] = _attempts.get(key, 0) + 1
    if _attempts[key] <= failures:
        raise ValueError(f"attempt {_attempts[key]}")
    return len(rows)


@task(name="skipped", cache_policy=NO_CACHE)
def skipped() -> object:
    return Completed(name="Skipped", message="when is false")


@task(name="part", task_run_name="part[{index}]", cache_policy=NO_CACHE)
def part(index: int, item: int) -> dict[str, int]:
    return {"item": item}


@task(name="scheduled-at", cache_policy=NO_CACHE)
def scheduled_at() -> str:
    return runtime.flow_run.scheduled_start_time.isoformat()


@task(name="bad_exit", cache_policy=NO_CACHE)
def bad_exit(how: str) -> str:
    if how == "die":
        os._exit(7)
    if how == "hang":
        time.sleep(600)
    if how == "set":
        return {1, 2}  # type: ignore[return-value]
    if how == "exit":
        sys.exit(3)
    return how


@task(name="last", cache_policy=NO_CACHE)
def last(rows: object) -> int:
    import common

    return common.ANSWER


@flow(name="basic", description="Flow's own description.")
def basic(
    n: Annotated[int, Field(ge=0, le=5, strict=True)] = 3,
    failures: int = 1,
    how: Literal["ok", "die", "hang", "set", "exit"] = "ok",
    day: date | None = None,
) -> object:
    """Long text.

    Args:
        n: How many rows.
    """
    rows = extract.submit(n)
    count = flaky.submit(rows, failures)
    skip = skipped.submit(wait_for=[rows])
    parts = [part.submit(index, item, wait_for=[rows]) for index, item in enumerate([10, 20])]
    when = scheduled_at.submit()
    end = bad_exit.submit(how, wait_for=[count, skip])
    done = last.submit(end)
    return [rows, count, skip, *parts, when, end, done]
