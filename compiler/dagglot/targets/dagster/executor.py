"""What runs the steps of a job, and how many of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagglot.ir.model import Pipeline
from dagglot.pycode import Call, Code
from dagglot.targets.dagster import control_flow, labels


def executor(pipeline: Pipeline, options: Mapping[str, Any], *, has_outcomes: bool) -> object:
    """None for the one that Dagster itself chooses."""
    settings: dict[str, object] = {}
    kind = options.get("executor")
    if kind != "in_process":
        limit = max_concurrent(pipeline, options)
        if limit is not None:
            settings["max_concurrent"] = limit
        limits = [
            {"key": labels.FOR_EACH, "value": one.id, "limit": one.for_each.max_parallel}
            for one in control_flow.maps(pipeline)
            if one.for_each.max_parallel is not None
        ]
        if limits:
            settings["tag_concurrency_limits"] = limits
    if has_outcomes:
        settings["step_dependency_config"] = {"require_upstream_step_success": False}
    if not settings and kind is None:
        return None
    name = f"dg.{kind or 'multiprocess'}_executor"
    return Call(f"{name}.configured", (settings,)) if settings else Code(name)


def max_concurrent(pipeline: Pipeline, options: Mapping[str, Any]) -> int | None:
    """The smaller one of the pipeline's limit and the project's."""
    limits = (options.get("max_concurrent"), pipeline.concurrency.max_active_tasks)
    return min((limit for limit in limits if limit is not None), default=None)
