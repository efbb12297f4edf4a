"""Typed params, checked when a run is launched; a schedule with a start."""

from datetime import datetime
from typing import Any, Literal

from dagster import (
    ConfigurableResource,
    DefaultScheduleStatus,
    OpExecutionContext,
    RetryPolicy,
    RunRequest,
    SkipReason,
    configured,
    job,
    op,
    schedule,
)
from pydantic import Field


class Params(ConfigurableResource):
    rows: int = Field(description="How many.", ge=0)
    region: Literal["eu", "us"] = "eu"
    pattern: str = Field(default="abc", pattern="^[a-z]+$")
    labels: list[str] = Field(default=[])
    limit: int | None = None


_params = Params.configure_at_launch().get_resource_definition()


@configured(_params, config_schema=_params.config_schema)
def checked_params(config: dict[str, Any]) -> dict[str, Any]:
    Params(**config)
    return config


@op(
    name="params__show",
    tags={"team": "a"},
    pool="warehouse",
    retry_policy=RetryPolicy(max_retries=2, delay=60),
)
def show(context: OpExecutionContext, params: Params) -> dict[str, Any]:
    """What arrived."""
    return {**params.model_dump(), "asked": context.run.tags.get("asked")}


@job(
    name="params",
    description="Shows its params.",
    resource_defs={"params": checked_params},
    tags={"team": "a b"},
    owners=["team:data"],
    metadata={"source": "params.yaml"},
)
def params_job() -> None:
    show.alias("show")()


START = datetime.fromisoformat("2026-01-02T00:00:00+01:00")


@schedule(
    name="params_schedule",
    job=params_job,
    cron_schedule="0 3 * * *",
    execution_timezone="Europe/Madrid",
    default_status=DefaultScheduleStatus.RUNNING,
)
def params_schedule(context):
    if context.scheduled_execution_time < START:
        return SkipReason("before the start")
    return RunRequest(run_config={"resources": {"params": {"config": {"rows": 3}}}})
