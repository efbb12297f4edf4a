"""Assets that ops make, and runs that start when assets are updated."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import dagster as dg


def materializes(
    *assets: dg.AssetKey,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of an op's function: what is updated when it succeeds.

    Numbers in a map that it returns become metadata, which Dagster plots.
    """

    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(body)
        def run(*args: Any, **kwargs: Any) -> Any:
            result = body(*args, **kwargs)
            context = dg.OpExecutionContext.get()
            values = result.items() if isinstance(result, dict) else ()
            numbers = {
                name: one for name, one in values if isinstance(one, int | float)
            }
            for asset in assets:
                context.log_event(dg.AssetMaterialization(asset, metadata=numbers))
            return result

        return run

    return decorate
