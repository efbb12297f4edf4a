"""Outputs of tasks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from airflow.sdk import get_current_context


def keep_none(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep None among the outputs of a mapped task: Airflow leaves it out of their list."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        output = function(*args, **kwargs)
        if output is None:
            get_current_context()["ti"].xcom_push(key="return_value", value=None)
        return output

    return wrapper
