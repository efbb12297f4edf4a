"""Many pipelines in one process of a real orchestrator: compiled once, loaded once, run once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from case_folders import TARGETS, cases
from dagglot import api, compile, plan_jobs, trace, write
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job, Options
from dagglot.project import NO_PROJECT, Project
from dagglot.runtimes import environments, probe
from dagglot.stores import Stores
from dagglot.targets.base import Answer, Context, RunNames, RunSpec

HERE = Path(__file__).parent
SOURCES = HERE / "src"
EXAMPLES = HERE.parent.parent / "examples"
RUN_TIMEOUT = 180.0


@dataclass(frozen=True)
class Built:
    """An output folder with the pipelines in it."""

    job: Job
    pipelines: tuple[Pipeline, ...]
    contexts: Mapping[str, Context]
    """What each pipeline was compiled with: a project has options of its own."""

    def python(self) -> Path:
        runtime = environments.resolve(self.job.target.name, self.job.version)
        assert runtime is not None
        return environments.ensure(runtime)


def build(target: str, sources: Sequence[tuple[list[Path], Project]], out: Path) -> Built:
    """Compile several sources into one output folder; what the target refuses is left out."""
    pipelines: list[Pipeline] = []
    contexts: dict[str, Context] = {}
    for paths, project in sources:
        (job,), found = plan_jobs.jobs([target], out, NO_PROJECT)
        assert not found
        job = replace(job, context=replace(job.context, options=_options(project, target)))
        result = compile.compile(paths, [job], project, Options(keep_going=True))
        assert not write.apply(result.plans)
        pipelines.extend(result.built)
        contexts |= {pipeline.id: job.context for pipeline in result.built}
    return Built(job, tuple(pipelines), contexts)


def _options(project: Project, target: str) -> Any:
    config = project.targets.get(target.partition("@")[0])
    return config.options if config else {}


@cache
def everything(target: str) -> Built:
    """Every accepted case and example of the repository in one folder."""
    out = Path(tempfile.mkdtemp(prefix=f"dagglot-{target.replace('@', '-')}-"))
    sources = []
    for case in cases():
        front = api.check(case.paths, case.project())
        if not any(finding.is_error for finding in front.diagnostics):
            sources.append((case.paths, case.project()))
    return build(target, sources, out)


@cache
def loaded(target: str) -> dict[str, Any]:
    """What the orchestrator says that it sees in `everything`."""
    built = everything(target)
    request = built.job.target.load_request(built.job.out, modules())
    return probe.run(built.python(), built.job.target.probe("load"), request, timeout=300)


def modules() -> list[Path]:
    return [
        SOURCES,
        EXAMPLES / "hello",
        EXAMPLES / "orders_daily",
        EXAMPLES / "groups_and_defaults",
        EXAMPLES / "fan_out",
        EXAMPLES / "ml_batch_scoring",
        EXAMPLES / "backfill_partitions",
        EXAMPLES / "project" / "src",
        EXAMPLES / "asset_lineage",
    ]


@dataclass(frozen=True)
class Run:
    """One run that is asked for: a pipeline of `everything`, by its id."""

    pipeline: str
    params: tuple[tuple[str, Any], ...] = ()
    key: str = ""
    time: str | None = None
    answers: tuple[tuple[str, Answer], ...] = ()
    partition: str | None = None
    starter: str = ""
    """What the target calls that which starts the runs of the pipeline, where that is to run."""

    @property
    def name(self) -> str:
        return self.key or self.pipeline


NO_CSV = str(EXAMPLES / "hello")
"""A folder in which no example finds a file."""

RUNS: tuple[Run, ...] = (
    Run("values", time="2026-10-24T00:30:00+00:00"),
    Run("values", (("whole", "5"),), "refused-type"),
    Run("values", (("yes", 1),), "refused-boolean"),
    Run("values", (("whole", 10),), "refused-range"),
    Run("values", (("choice", "blue"),), "refused-enum"),
    Run("values", (("pattern", "1"),), "refused-pattern"),
    Run("values", (("day", "31.01.2026"),), "refused-date"),
    Run("values", (("text", None),), "refused-null"),
    Run("values", (("nmae", "x"),), "refused-unknown"),
    Run("endings"),
    Run("attempts"),
    Run("timeouts"),
    Run("native", time="2026-01-02T00:00:00+00:00"),
    Run("hostile"),
    Run("hello"),
    Run("hello", (("name", "it's «Ada» {{ ds }} $(id)"),), "hello-hostile"),
    Run("orders_daily"),
    Run("orders_daily", (("exports_dir", NO_CSV),), "orders-without-exports"),
    Run("air_quality"),
    Run("air_quality", (("inbox_dir", NO_CSV),), "air-quality-without-files"),
    Run("shop_exports"),
    Run("clean_orders"),
    Run("sales_mart"),
    Run("in_one_process"),
    Run("dies"),
    Run("skipped_imports_nothing"),
    Run("meter_days"),
    Run("guarded"),
    Run("odd_choice"),
    Run("allowed_with_params", (("valeu", 2),), "allowed-but-refused"),
)


@dataclass(frozen=True)
class Answers:
    """The traces of `RUNS`, by their keys; ``raw`` as the probe said them; the scratch folder."""

    traces: dict[str, dict[str, Any]]
    raw: dict[str, dict[str, Any]]
    scratch: Path


OF_PROCESSES: Final = frozenset(
    {"values", "hello", "endings", "attempts", "timeouts", "dies", "skipped_imports_nothing"}
)
"""Pipelines where it matters that Dagster gives each op a process of its own, as users have it; the
start of one takes longer than all that the others do."""


@cache
def answers(target: str) -> Answers:
    """Every run of `RUNS`, and of each example, in as few processes as can be."""
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-behaviour-"))
    runs = [*RUNS, *(Run(id) for id in more_examples())]
    if target != "dagster":
        return run(target, runs, scratch)
    apart = run(target, [one for one in runs if one.pipeline in OF_PROCESSES], scratch)
    options = {"in_process": True, "console": True}
    rest = [one for one in runs if one.pipeline not in OF_PROCESSES]
    together = run(target, rest, scratch, options=options)
    return Answers(apart.traces | together.traces, apart.raw | together.raw, scratch)


def run(
    target: str,
    runs: Sequence[Run],
    scratch: Path,
    stores: Stores | None = None,
    variables: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Answers:
    """Those of `runs` whose pipeline the target accepts, in one process of the orchestrator.

    What the process printed stands in `scratch/log`. `variables` are of its environment, `options`
    are the probe's, `more` is for its request.
    """
    return run_in(everything(target), runs, scratch, stores, variables, options, **more)


def run_in(
    built: Built,
    runs: Sequence[Run],
    scratch: Path,
    stores: Stores | None = None,
    variables: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Answers:
    """The same for an output folder of one's own."""
    by_id = {pipeline.id: pipeline for pipeline in built.pipelines}

    def names(run: Run) -> RunNames:
        found = built.job.target.names(by_id[run.pipeline], built.job.context)
        return replace(found, pipeline=run.starter, tasks={}) if run.starter else found

    specs = [
        RunSpec(
            run.name,
            names(run),
            dict(run.params),
            time=run.time,
            timeout=RUN_TIMEOUT,
            answers=dict(run.answers),
            partition=run.partition,
        )
        for run in runs
        if run.pipeline in by_id
    ]
    job = built.job
    request = job.target.run_request(job.out, modules(), specs, options or {}, stores)
    environment = {"BEHAVIOUR_DIR": str(scratch), "TMPDIR": str(scratch), **(variables or {})}
    answer = probe.run(
        built.python(),
        built.job.target.probe("run"),
        {**request, **more},
        timeout=1200,
        env={**os.environ, **probe.environment(), **environment},
        log=scratch / "log",
    )
    raw = {one["key"]: one for one in answer["runs"]}
    traces = {
        spec.key: trace.from_probe(raw[spec.key], spec.names, spec.names.pipeline, built.job.name)
        for spec in specs
        if spec.key in raw
    }
    return Answers(traces, raw, scratch)


@cache
def more_examples() -> tuple[str, ...]:
    """The pipelines of the larger examples."""
    found = []
    for folder in ("groups_and_defaults", "project"):
        place = EXAMPLES / folder
        if (place / "dagglot.yaml").exists():
            project = api.open_project(place).project
            found += [pipeline.id for pipeline in api.check([], project).pipelines]
        elif (place / "pipeline.yaml").exists():
            found += [one.id for one in api.check([place / "pipeline.yaml"]).pipelines]
    return tuple(found)


__all__ = ["RUNS", "TARGETS", "Answers", "Run", "answers", "everything", "loaded"]
