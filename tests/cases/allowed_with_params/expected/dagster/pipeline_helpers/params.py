"""Params of a run, as a resource that is checked when the run is launched."""

from __future__ import annotations

from typing import Any

import dagster as dg


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
