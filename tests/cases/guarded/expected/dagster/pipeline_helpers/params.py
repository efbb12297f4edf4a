"""Params of a run, as a resource that is checked when the run is launched."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import dagster as dg
from pydantic import AfterValidator


def checked_at_launch(
    params: type[dg.ConfigurableResource],
) -> dg.ResourceDefinition:
    """The resource, whose own checks refuse a launch and not only the first step."""
    definition = params.configure_at_launch().get_resource_definition()

    @dg.configured(definition, config_schema=definition.config_schema)
    def check(config: dict[str, Any]) -> dict[str, Any]:
        params(**config)
        return config

    return check


def _datetime(value: str) -> str:
    datetime.fromisoformat(value)
    return value


IsoDatetime = Annotated[str, AfterValidator(_datetime)]
"""Such as 2026-01-31T06:00:00+01:00."""
