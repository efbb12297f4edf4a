"""How a task calls its Python function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from prefect.exceptions import PrefectSignal

from .values import to_json

P = ParamSpec("P")


def call_python(call: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Any:
    """Return what the function returns, in the types of JSON.

    Prefect takes `sys.exit` for a crash of the whole flow run and does not retry it;
    here it is a failure of the task, like any exception.
    """
    try:
        result = call(*args, **kwargs)
    except (Exception, PrefectSignal):
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error
    return to_json(result)
