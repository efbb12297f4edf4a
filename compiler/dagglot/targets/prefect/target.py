"""Prefect 3.

What makes files of a pipeline is imported where it is used: a compile that finds all as it was
needs but the name and the versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal

from dagglot.diagnostics import codes
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
    Target,
    View,
)

if TYPE_CHECKING:
    from datetime import datetime

    from dagglot.ir.model import Json, Pipeline
    from dagglot.stores import Stores

PROBES: Final = Path(__file__).with_name("probe")


class Prefect:
    """Flows in ``flows/``, and one ``prefect.yaml`` with a deployment for each."""

    name = "prefect"
    title = "Prefect"
    versions: tuple[str, ...] = ("3.8",)

    def capabilities(self, version: str) -> Capabilities:  # noqa: ARG002 - one version so far
        from dagglot.targets.prefect.capabilities import CAPABILITIES

        return CAPABILITIES

    def names(self, pipeline: Pipeline, context: Context) -> RunNames:  # noqa: ARG002
        from dagglot.targets.prefect import assets
        from dagglot.targets.prefect.names import naming
        from dagglot.targets.prefect.started import started

        made = assets.with_updates(pipeline)
        return RunNames(
            pipeline=pipeline.id,
            file=str(naming(pipeline).file),
            tasks={task.id: task.id for task in pipeline.tasks},
            helpers=frozenset(task.id for task in made.tasks if assets.is_step(task)),
            starts=started(pipeline),
            pools=tuple(sorted({task.pool.name for task in pipeline.tasks if task.pool})),
        )

    def refusals(
        self,
        pipeline: Pipeline,
        context: Context,  # noqa: ARG002
    ) -> tuple[Diagnostic, ...]:
        return (
            *_taken_modules(pipeline, self.title),
            *_colliding_params(pipeline, self.title),
            *_too_many_delays(pipeline, self.title),
            *_colliding_blocks(pipeline, self.title),
            *_partitions(pipeline, self.title),
            *_assets(pipeline, self.title),
            *_secret_parameters(pipeline, self.title),
            *_told(pipeline, self.title),
        )

    def lower(self, pipeline: Pipeline, context: Context) -> Lowered:
        from dagglot.targets.prefect.lower import lower

        return lower(pipeline, context)

    def assemble(
        self, contributions: Sequence[Mapping[str, Any]], context: Context
    ) -> tuple[View, ...]:
        from dagglot.pycode import Code
        from dagglot.targets.prefect import deployment, helpers, setup

        body = deployment.dump([one["deployment"] for one in contributions])
        packages = dict.fromkeys(name for one in contributions for name in one["packages"])
        requirements = [Code(line) for line in (*sorted(packages), *context.requirements)]
        return (
            *helpers.views(contributions),
            View("prefect/prefect.yaml.j2", PurePosixPath("prefect.yaml"), {"deployments": body}),
            View(
                "prefect/requirements.txt.j2",
                PurePosixPath("requirements.txt"),
                {"requirements": requirements},
            ),
            *setup.view(contributions, context.pools),
        )

    def collisions(
        self,
        contributions: Mapping[str, Mapping[str, Any]],  # noqa: ARG002 - one protocol
    ) -> tuple[tuple[str, str, str], ...]:
        return ()

    def needs(self, pipeline: Pipeline, context: Context) -> tuple[Need, ...]:
        made = self.lower(pipeline, context).contribution
        return (
            *(Need(one["slug"], one["name"]) for one in made["setup"].get("blocks", ())),
            *(Need("limit", name) for name in made["setup"].get("pools", ())),
            Need("work pool", str(made["deployment"]["work_pool"]["name"])),
        )

    def probe(self, name: Literal["load", "run", "stores", "backfill"]) -> Path:
        return PROBES / f"{name}.py"

    def backfill(self, pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:
        from dagglot.targets.prefect.backfill import backfill

        return backfill(pipeline, context, asked)

    def load_request(self, root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
        files = sorted(path.relative_to(root).as_posix() for path in root.glob("flows/*.py"))
        return {
            "root": str(root),
            "files": files,
            "python_path": [str(path) for path in python_path],
            "deploy": False,
            "cache": None,
        }

    def run_request(
        self,
        root: Path,
        python_path: Sequence[Path],
        runs: Sequence[RunSpec],
        options: Mapping[str, Any],
        stores: Stores | None = None,
    ) -> dict[str, Any]:
        from dagglot.targets.prefect import blocks

        return {
            "root": str(root),
            "python_path": [str(path) for path in python_path],
            "cache": None,
            "serve": _served(root, {name for run in runs for name in run.names.starts}),
            "pools": sorted({name for run in runs for name in run.names.pools}),
            "blocks": blocks.lent(stores) if stores is not None else [],
            "options": dict(options),
            "runs": [
                {
                    "key": run.key,
                    "file": run.names.file,
                    "flow": run.names.pipeline,
                    "params": _parameters(run),
                    "scheduled_time": run.time,
                    "timeout": run.timeout,
                    "answers": run.spoken(),
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
        from dagglot.targets.prefect.schedules import fire_times

        return fire_times(pipeline.schedule, since)

    def expected(self, pipeline: Pipeline, context: Context) -> Mapping[str, Json]:
        from dagglot.targets.prefect.expected import expected

        return expected(pipeline, context)


def _served(root: Path, pipelines: Collection[str]) -> list[dict[str, str]]:
    """The flows of some pipelines, as far as they are deployed from this folder."""
    if not pipelines:
        return []
    import yaml

    deployed = yaml.safe_load((root / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    return [
        {"file": one["entrypoint"].partition(":")[0], "flow": one["name"]}
        for one in deployed
        if one["name"] in pipelines
    ]


def _assets(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    if pipeline.assets:
        from dagglot.targets.prefect import assets

        yield from assets.refusals(pipeline, title)


def _parameters(run: RunSpec) -> dict[str, Any]:
    from dagglot.targets.prefect.names import PARTITION, argument

    named = {PARTITION: run.partition} if run.partition is not None else {}
    return {**{argument(name): value for name, value in run.params.items()}, **named}


def _partitions(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    if pipeline.partitions is None:
        return iter(())
    from dagglot.targets.prefect.partitions import refusals

    return refusals(pipeline, title)


def _told(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    if pipeline.alerts:
        from dagglot.targets.prefect import hooks

        yield from hooks.refusals(pipeline, title)


def _secret_parameters(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    from dagglot.targets.prefect.commands import secret_parameters

    for task in secret_parameters(pipeline):
        yield codes.UNSUPPORTED.at(
            task.at("parameters"),
            target=title,
            feature="a secret among the `parameters` of a notebook",
            reason="the notebook that has run holds its parameters in clear text; use `env`",
        )


def _taken_modules(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    from dagglot.targets.prefect.names import PACKAGE, naming, user_modules

    ours = {naming(pipeline).module, PACKAGE}
    for module, task in user_modules(pipeline):
        top = module.partition(".")[0]
        if top in ours:
            yield codes.TAKEN_MODULE.at(pipeline.task(task).span, target=title, module=top)


def _colliding_params(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    from dagglot.targets.prefect.names import argument

    owner: dict[str, str] = {}
    for param in pipeline.params:
        name = argument(param.name)
        other = owner.setdefault(name, param.name)
        if other != param.name:
            yield codes.NAMES_COLLIDE.at(
                param.span, first=other, second=param.name, name=name, target=title
            )


def _colliding_blocks(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    from dagglot.targets.prefect import blocks

    owner: dict[tuple[str, str], blocks.Block] = {}
    for block in blocks.loaded(pipeline):
        other = owner.setdefault((block.slug, block.name), block)
        if other is not block:
            span = block.connection.span if block.connection else pipeline.span
            yield codes.NAMES_COLLIDE.at(
                span, first=other.source, second=block.source, name=block.name, target=title
            )


def _too_many_delays(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    from dagglot.targets.prefect import lower

    for task in pipeline.tasks:
        retries = task.retries
        last = min(retries.count, lower.MAX_DELAYS)
        if lower.wait(retries, retries.count) != lower.wait(retries, last):
            yield codes.UNSUPPORTED.at(
                retries.span,
                target=title,
                feature="`retries`",
                reason=f"Prefect takes at most {lower.MAX_DELAYS} delays; give a `max_delay`",
            )


TARGET: Final[Target] = Prefect()
