"""Ends of Python tasks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def exit_fails(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make `sys.exit` a failure: Airflow 2 takes `sys.exit(0)` for a success."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except SystemExit as error:
            raise RuntimeError(f"the task called sys.exit({error.code!r})") from error

    return wrapper
