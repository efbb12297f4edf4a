"""How a task calls its Python function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from prefect import State
from prefect.exceptions import PrefectSignal
from prefect.states import Completed

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


def call_or_skip(
    skip_on: type[BaseException],
    call: Callable[P, Any],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Any:
    """Like `call_python`; the task is skipped where the function raises `skip_on`."""
    skipped: State[None] | None = None

    def try_call() -> Any:
        nonlocal skipped
        try:
            return call(*args, **kwargs)
        except skip_on as error:
            message = f"{type(error).__name__}: {error}"
            skipped = Completed(name="Skipped", message=message)

    result = call_python(try_call)
    return result if skipped is None else skipped
