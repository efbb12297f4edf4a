"""Who is told what becomes of ops and runs."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from .attempts import AttemptTimeoutError

Alert = Callable[[dict[str, str]], None]
"""A function that tells somebody of an event."""


def tells(
    pipeline: str,
    task: str,
    *,
    on_failure: Iterable[Alert] = (),
    on_success: Iterable[Alert] = (),
    on_retry: Iterable[Alert] = (),
    owner: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of an op's function: who is told how its attempts end.

    Dagster's hooks know neither retries nor what ends green without a success: a task
    that is skipped, or one that may fail.
    """

    def tell(alerts: Iterable[Alert], state: str, error: str = "") -> None:
        context = dg.OpExecutionContext.get()
        event = _event(context.run, pipeline, state, task, error, owner)
        _tell(event, alerts, context.log)

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if _is_retried(error):
                tell(on_retry, "retrying", _words(error))
            else:
                tell(on_failure, "failed", _words(error))
            raise
        else:
            tell(on_success, "success")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with told():
                return function(*args, **kwargs)

        @functools.wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Iterator[Any]:
            with told():
                yield from function(*args, **kwargs)

        made = generate if inspect.isgeneratorfunction(function) else run
        return made

    return decorate


def _is_retried(error: Exception) -> bool:
    context = dg.OpExecutionContext.get()
    policy = context.op_def.retry_policy
    if policy is None or not getattr(error, "allow_retries", True):
        return False
    return context.retry_number < policy.max_retries


def _words(error: Exception) -> str:
    if isinstance(error, AttemptTimeoutError):
        return "timed out"
    return _line(f"{type(error).__name__}: {str(error).strip()}")


def _event(
    run: dg.DagsterRun, pipeline: str, state: str, task: str, error: str, owner: str
) -> dict[str, str]:
    """What is told; its `message` is for alerts that have none."""
    run_id = run.run_id
    webserver = os.environ.get("DAGSTER_WEBSERVER_URL", "").rstrip("/")
    return {
        "pipeline": pipeline,
        "task": task,
        "run_id": run_id,
        "state": state,
        "url": f"{webserver}/runs/{run_id}" if webserver else "",
        "error": error,
        "owner": owner,
        "message": f"{pipeline}: {task} {state}" if task else f"{pipeline}: {state}",
    }


def _tell(
    event: dict[str, str], alerts: Iterable[Alert], log: dg.DagsterLogManager
) -> None:
    """Tell of an event; an alert that fails is logged, and keeps no other from being told.

    The log has no more than the type of the error: what it says may have the address,
    which is a secret.
    """
    for alert in alerts:
        try:
            alert(event)
        except (Exception, SystemExit) as error:
            log.error(f"{alert.__name__} failed: {type(error).__name__}")


def _line(words: str) -> str:
    """The first line; of an address in it, neither the user nor the password."""
    line = re.sub(r"//\S*@", "//***@", words.strip().partition("\n")[0])
    return line if len(line) <= 200 else f"{line[:199]}…"
