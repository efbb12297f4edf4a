"""Params of a run, as a resource that is checked when the run is launched."""

from __future__ import annotations

import re
from datetime import date, datetime
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


def matches(pattern: str) -> AfterValidator:
    """A check: the pattern is found in the text."""

    def check(value: str) -> str:
        if not re.search(pattern, value):
            raise ValueError(f"must match {pattern}")
        return value

    return AfterValidator(check)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    return value


def _list(value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return value


def _map(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("must be a map")
    return value


def _date(value: str) -> str:
    date.fromisoformat(value)
    return value


def _datetime(value: str) -> str:
    datetime.fromisoformat(value)
    return value


Number = Annotated[Any, AfterValidator(_number)]
"""An integer stays one; Dagster's own type makes floats of booleans."""
JsonList = Annotated[Any, AfterValidator(_list)]
"""Dagster's own lists hold no null."""
JsonMap = Annotated[Any, AfterValidator(_map)]
"""A map with values of any kind."""
IsoDate = Annotated[str, AfterValidator(_date)]
"""Such as 2026-01-31."""
IsoDatetime = Annotated[str, AfterValidator(_datetime)]
"""Such as 2026-01-31T06:00:00+01:00."""
