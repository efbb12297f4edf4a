"""Checks of data: ops that say whether it is good."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import dagster as dg


def evaluates(
    warns: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., dg.AssetCheckResult]]:
    """A decorator of an asset check's function, which returns whether the data is good.

    Where not it is tried again, as its policy says; with `warns` it is only logged.
    """

    def decorate(look: Callable[..., Any]) -> Callable[..., dg.AssetCheckResult]:
        @functools.wraps(look)
        def run(*args: Any, **kwargs: Any) -> dg.AssetCheckResult:
            context = dg.OpExecutionContext.get()
            passed, error = False, None
            try:
                passed = bool(look(*args, **kwargs))
            except Exception as raised:
                error = raised
                context.log.error("the data could not be checked", exc_info=error)
            policy = context.op_def.retry_policy
            attempts = 1 + (policy.max_retries if policy else 0)
            if not passed and context.retry_number + 1 < attempts:
                raise error or dg.Failure("the data is not good")
            levels = dg.AssetCheckSeverity
            severity = levels.WARN if warns else levels.ERROR
            return dg.AssetCheckResult(passed=passed, severity=severity)

        return run

    return decorate


def must_hold(look: Callable[..., Any]) -> Callable[..., Any]:
    """Fail where the data is not good."""

    @functools.wraps(look)
    def run(*args: Any, **kwargs: Any) -> bool:
        if not look(*args, **kwargs):
            raise dg.Failure("the data is not good")
        return True

    return run
