"""Many pipelines of the IR in one process of a real orchestrator; nothing stays on the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from dagglot import capabilities, emit, trace
from dagglot.api import Progress, silent
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job
from dagglot.runner import Where, ask
from dagglot.semantics.replay import MODULE, SOURCE
from dagglot.targets.base import RunSpec


@dataclass(frozen=True, slots=True)
class Replayed:
    """The traces by pipeline id, and what the target said of the pipelines that it refuses."""

    traces: Mapping[str, dict[str, Any]]
    refused: Mapping[str, tuple[Diagnostic, ...]]
    diagnostics: tuple[Diagnostic, ...] = ()


def run(
    pipelines: Sequence[Pipeline],
    job: Job,
    where: Where,
    *,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    partitions: Mapping[str, str | None] | None = None,
    modules: Sequence[Path] = (),
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Replayed:
    """Run pipelines that have passed the passes, each once, by their ids.

    ``params`` are values by pipeline, ``partitions`` keys; ``modules`` are folders of user code
    besides the module that acts out scenarios; ``options`` are the run probe's.
    """
    with tempfile.TemporaryDirectory(prefix="dagglot-replay-") as folder:
        root = Path(folder)
        job = replace(job, out=root / "out")
        made, refused = generated(pipelines, job)
        for path, text in made.items():
            file = job.out / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        source = root / "modules"
        source.mkdir()
        (source / f"{MODULE}.py").write_text(SOURCE, encoding="utf-8")
        specs = [
            RunSpec(
                one.id,
                job.target.names(one, job.context),
                dict((params or {}).get(one.id, {})),
                timeout=where.timeout,
                partition=(partitions or {}).get(one.id) or _any_key(one),
            )
            for one in pipelines
            if one.id not in refused
        ]
        if not specs:
            return Replayed({}, refused)
        found: list[Diagnostic] = []
        answer = ask(
            job,
            "run",
            lambda own: job.target.run_request(job.out, [*own, *modules], specs, options or {}),
            ([source], None),
            where,
            found,
            progress,
        )
        answers = {one["key"]: one for one in (answer or {}).get("runs", ())}
        title = job.name
        traces = {
            spec.key: trace.from_probe(answers[spec.key], spec.names, spec.names.pipeline, title)
            for spec in specs
            if spec.key in answers
        }
        return Replayed(traces, refused, tuple(found))


def _any_key(pipeline: Pipeline) -> str | None:
    """Of static keys a run must name one; which, is no matter to a scenario that does not say."""
    return next(iter(pipeline.partitions.keys), None) if pipeline.partitions else None


def generated(
    pipelines: Sequence[Pipeline], job: Job
) -> tuple[dict[PurePosixPath, str], dict[str, tuple[Diagnostic, ...]]]:
    """The files of some pipelines for a target, and the errors of those that it refuses."""
    texts: dict[PurePosixPath, str] = {}
    contributions: list[Mapping[str, Any]] = []
    refused: dict[str, tuple[Diagnostic, ...]] = {}
    for pipeline in sorted(pipelines, key=lambda one: one.id):
        judged = capabilities.judge(pipeline, job.target, job.version)
        found = [
            *capabilities.findings(pipeline, job.target, job.version, judged),
            *job.target.refusals(pipeline, job.context),
        ]
        wrong = tuple(one for one in found if one.is_error)
        if wrong:
            refused[pipeline.id] = wrong
            continue
        lowered = job.target.lower(pipeline, job.context)
        texts.update(emit.render(lowered.views))
        contributions.append(lowered.contribution)
    if contributions:
        texts.update(emit.render(job.target.assemble(contributions, job.context)))
    return texts, refused
