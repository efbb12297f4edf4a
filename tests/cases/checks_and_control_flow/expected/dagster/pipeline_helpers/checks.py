"""Checks of data: ops that say whether it is good."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import dagster as dg


def checks(
    name: str,
    warns: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """A decorator of an op's function, which returns whether the data is good.

    It fails where that is not so; with `warns` it is only logged, as is an error.
    """

    def decorate(look: Callable[..., Any]) -> Callable[..., None]:
        @functools.wraps(look)
        def run(*args: Any, **kwargs: Any) -> None:
            passed, error = False, None
            try:
                passed = bool(look(*args, **kwargs))
            except Exception as raised:
                error = raised
            if passed:
                return
            if warns:
                log = dg.OpExecutionContext.get().log
                log.warning(f"check {name}: the data is not good", exc_info=error)
                return
            raise error or dg.Failure(f"check {name}: the data is not good")

        return run

    return decorate
