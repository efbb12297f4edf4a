"""Checks of data that only warn."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from prefect import get_run_logger

P = ParamSpec("P")


def only_warns(check: Callable[P, None]) -> Callable[P, None]:
    """A check that logs what is wrong, with the data or with the check, and never fails."""

    @wraps(check)
    def warn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            check(*args, **kwargs)
        except (Exception, SystemExit) as error:
            get_run_logger().warning("%s", str(error) or repr(error), exc_info=True)

    return warn
