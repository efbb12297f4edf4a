"""Dagster as a target: op jobs in a project that `dagster dev` and `dg dev` load.

What makes files of a pipeline is imported where it is used: a compile that finds all as it was
needs but the name and the versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from dagglot.diagnostics.model import Diagnostic
from dagglot.targets.base import (
    Backfill,
    Capabilities,
    Context,
    Lowered,
    Mechanism,
    Need,
    RunNames,
    RunSpec,
    View,
)

if TYPE_CHECKING:
    from datetime import datetime

    from dagglot.ir.model import Json, Pipeline
    from dagglot.stores import Stores

SCHEDULED_TIME: Final = ".dagster/scheduled_execution_time"
"""The tag by which Dagster's daemon tells a run its nominal time."""
PARTITION: Final = "dagster/partition"
"""The tag that names the partition of a run."""


class Dagster:
    """See `dagglot.targets.base.Target`."""

    name = "dagster"
    title = "Dagster"
    versions: tuple[str, ...] = ("1.13",)

    def capabilities(self, version: str) -> Capabilities:
        from dagglot.targets.dagster.capabilities import capabilities

        return capabilities(version)

    def names(self, pipeline: Pipeline, context: Context) -> RunNames:
        from dagglot.targets.dagster.answers import run_names
        from dagglot.targets.dagster.options import options

        return run_names(pipeline, as_assets=options(pipeline, context).get("style") == "assets")

    def refusals(self, pipeline: Pipeline, context: Context) -> tuple[Diagnostic, ...]:
        from dagglot.targets.dagster import connections, names, options, told

        title = f"{self.title} {context.version}"
        return (
            *names.refusals(pipeline, title),
            *options.refusals(pipeline, context, title),
            *connections.refusals(pipeline, title),
            *_partitions(pipeline, title),
            *told.refusals(pipeline, title),
        )

    def lower(self, pipeline: Pipeline, context: Context) -> Lowered:
        from dagglot.targets.dagster.lower import lower

        return lower(pipeline, context)

    def assemble(
        self, contributions: Sequence[Mapping[str, Any]], context: Context
    ) -> tuple[View, ...]:
        from dagglot.targets.dagster.shared import assemble

        return assemble(contributions, context)

    def collisions(
        self, contributions: Mapping[str, Mapping[str, Any]]
    ) -> tuple[tuple[str, str, str], ...]:
        from dagglot.targets.dagster.names import collisions, step_collisions

        return (*collisions(contributions), *step_collisions(contributions))

    def needs(self, pipeline: Pipeline, context: Context) -> tuple[Need, ...]:
        setup = self.lower(pipeline, context).contribution["setup"]
        runs = setup.get("runs")
        return (
            *(Need("environment variable", one["name"]) for one in setup.get("variables", ())),
            *(Need("pool limit", name) for name in setup.get("pools", ())),
            *((Need("run limit", runs[0]),) if runs else ()),
            *((Need("run monitoring", "enabled"),) if setup.get("monitoring") else ()),
        )

    def probe(self, name: Literal["load", "run", "stores", "backfill"]) -> Path:
        return Path(__file__).parent / "probe" / f"{name}.py"

    def backfill(self, pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:
        from dagglot.targets.dagster.backfill import backfill

        return backfill(pipeline, context, asked)

    def load_request(self, root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
        return _request(root, python_path)

    def run_request(
        self,
        root: Path,
        python_path: Sequence[Path],
        runs: Sequence[RunSpec],
        options: Mapping[str, Any],
        stores: Stores | None = None,
    ) -> dict[str, Any]:
        from dagglot.targets.dagster.lent import environment

        return {
            **_request(root, python_path),
            "environment": environment(stores) if stores is not None else {},
            "options": dict(options),
            "runs": [
                {
                    "key": run.key,
                    "job": run.names.pipeline,
                    "params": dict(run.params),
                    "tags": _tags(run),
                    "timeout": run.timeout,
                }
                for run in runs
            ],
        }

    def fire_times(
        self,
        pipeline: Pipeline,
        context: Context,  # noqa: ARG002 - one protocol
        since: datetime,
    ) -> Iterator[datetime]:
        from dagglot.targets.dagster.schedule import fire_times

        return fire_times(pipeline.schedule, since)

    def expected(self, pipeline: Pipeline, context: Context) -> Mapping[str, Json]:
        from dagglot.targets.dagster.expected import expected

        return expected(pipeline, context)


def _partitions(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    if pipeline.partitions is None:
        return iter(())
    from dagglot.targets.dagster.partitions import refusals

    return refusals(pipeline.partitions, title)


def _tags(run: RunSpec) -> dict[str, str]:
    given = {SCHEDULED_TIME: run.time, PARTITION: run.partition}
    return {tag: value for tag, value in given.items() if value is not None}


def _request(root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
    return {"root": str(root.resolve()), "python_path": [str(path) for path in python_path]}


TARGET: Final = Dagster()
