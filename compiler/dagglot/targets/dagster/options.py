"""What only Dagster understands: the project's options, then the pipeline's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import Pipeline
from dagglot.targets.base import Context


def options(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    """Key by key, metadata too; null takes away what the project says."""
    own: dict[str, Any] = dict(pipeline.options.get("dagster", {}))
    both = {**context.options, **own}
    metadata = {**(context.options.get("metadata") or {}), **(own.get("metadata") or {})}
    both["metadata"] = {name: text for name, text in metadata.items() if text is not None}
    return {key: value for key, value in both.items() if value is not None}


def refusals(pipeline: Pipeline, context: Context, title: str) -> Iterator[Diagnostic]:
    chosen = options(pipeline, context)
    if chosen.get("style") == "assets":
        yield codes.UNSUPPORTED.at(
            pipeline.at("targets"),
            target=title,
            feature="`style: assets`",
            reason="dagglot does not generate it yet",
        )
    if chosen.get("executor") == "in_process" and "max_concurrent" in chosen:
        yield codes.UNSUPPORTED.at(
            pipeline.at("targets"),
            target=title,
            feature="`max_concurrent` with `executor: in_process`",
            reason="one process runs one step at a time",
        )
