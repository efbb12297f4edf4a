"""What tasks return that decide about other tasks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from airflow.sdk import get_current_context


def keep_output(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a gate or a branch returns: Airflow drops it where it skips tasks."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        get_current_context()["ti"].xcom_push(key="return_value", value=result)
        return result

    return wrapper
