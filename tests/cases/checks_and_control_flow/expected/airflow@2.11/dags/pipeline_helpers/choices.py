"""What tasks return that decide about other tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from airflow.operators.python import get_current_context


def named(result: Any, known: Sequence[str]) -> list[str]:
    """What the function of a branch has chosen: a name, a list of names, or nothing."""
    names = [result] if isinstance(result, str) else result or []
    if not isinstance(names, list | tuple):
        raise TypeError(f"a branch returns names, not {type(names).__name__}")
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"the branch cannot choose {unknown[0]!r}")
    return list(names)


def chooses(choices: Mapping[str, Sequence[str]]) -> Callable[..., Any]:
    """Let the function of a branch return names: they are its output, and mean ids of tasks."""

    def decorator(function: Callable[..., Any]) -> Callable[..., list[str]]:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> list[str]:
            names = named(function(*args, **kwargs), list(choices))
            get_current_context()["ti"].xcom_push(key="return_value", value=names)
            return list(dict.fromkeys(id for name in names for id in choices[name]))

        return wrapper

    return decorator
