"""Checks of data: ops that say whether it is good."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import dagster as dg


def checks(
    name: str,
    *assets: dg.AssetKey,
    warns: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """A decorator of an op's function, which returns whether the data is good.

    It fails where that is not so; with `warns` it is only logged, as is an error.
    What it finds is an evaluation of the assets.
    """
    severity = dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR

    def report(passed: bool) -> None:
        context = dg.OpExecutionContext.get()
        for asset in assets:
            context.log_event(
                dg.AssetCheckEvaluation(
                    asset_key=asset,
                    check_name=name,
                    passed=passed,
                    severity=severity,
                )
            )

    def decorate(look: Callable[..., Any]) -> Callable[..., None]:
        @functools.wraps(look)
        def run(*args: Any, **kwargs: Any) -> None:
            passed, error = False, None
            try:
                passed = bool(look(*args, **kwargs))
            except Exception as raised:
                error = raised
            report(passed)
            if passed:
                return
            if warns:
                log = dg.OpExecutionContext.get().log
                log.warning(f"check {name}: the data is not good", exc_info=error)
                return
            raise error or dg.Failure(f"check {name}: the data is not good")

        return run

    return decorate


def evaluates() -> Callable[
    [Callable[..., Any]], Callable[..., dg.AssetCheckResult]
]:
    """A decorator of an asset check's function, which returns whether the data is good.

    Where not it is tried again, as its policy says.
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
            return dg.AssetCheckResult(passed=passed)

        return run

    return decorate
