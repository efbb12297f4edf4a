"""Generated code in the real orchestrator: real runs, and what it says that it sees."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from dagglot import manifest, seen, stores, trace, write
from dagglot.api import Progress, silent
from dagglot.compile import compile
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.inputs import find, may_be_ours
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job, Options, Result
from dagglot.paths import shown_path
from dagglot.project import Project
from dagglot.run_inputs import Inputs, nobody_asks, run_spec
from dagglot.runtimes import environments, probe
from dagglot.runtimes.problem import RuntimeProblem
from dagglot.targets.base import Need


@dataclass(frozen=True, slots=True)
class Where:
    """The environment that runs it: the user's own ``python``, else an isolated one."""

    python: Path | None = None
    timeout: float = 600.0


@dataclasses.dataclass(slots=True)
class Ran:
    """What came of some runs: a trace each, in the order of the pipelines."""

    traces: list[dict[str, Any]] = field(default_factory=list)
    order: list[tuple[str, ...]] = field(default_factory=list)
    """The ids of the tasks of each as the author wrote them; a trace is sorted by id."""
    seconds: list[float] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)


def run(
    paths: Sequence[Path],
    job: Job,
    project: Project,
    given: Inputs,
    where: Where,
    progress: Progress = silent,
    only: str | None = None,
) -> Ran:
    """Compile into a folder of its own and run every pipeline once, for real; or ``only`` one."""
    ran = Ran()
    with tempfile.TemporaryDirectory(prefix="dagglot-run-") as folder:
        job = replace(job, out=Path(folder) / job.target.name)
        result, pipelines = _compiled(paths, job, project, progress)
        ran.diagnostics.extend(result.diagnostics)
        ran.sources.update(result.sources)
        if result.failed:
            return ran
        pipelines = [one for one in pipelines if only in (None, one.id)]
        specs = []
        for pipeline in pipelines:
            names = job.target.names(pipeline, job.context)
            spec, wrong = run_spec(pipeline, names, given, where.timeout)
            specs.append(spec)
            ran.diagnostics.extend(wrong)
        ran.diagnostics.extend(nobody_asks(pipelines, given.answers))
        if any(diagnostic.is_error for diagnostic in ran.diagnostics):
            return ran
        answer = ask(
            job,
            "run",
            lambda modules: job.target.run_request(
                job.out, modules, specs, {}, stores.lent(pipelines, os.environ)
            ),
            user_code(paths, project),
            where,
            ran.diagnostics,
            progress,
        )
        ended = {one["key"]: one for one in (answer or {}).get("runs", ())}
        for pipeline, spec in zip(pipelines, specs, strict=True):
            one = ended.get(spec.key)
            if one is None and answer is not None:
                ran.diagnostics.append(
                    codes.NOT_RUN.at(pipeline.span, target=job.name, pipeline=pipeline.id, where="")
                )
            if one is None:
                continue
            title = job.name
            ran.traces.append(trace.from_probe(one, spec.names, pipeline.id, title))
            ran.order.append(tuple(task.id for task in pipeline.tasks))
            ran.seconds.append(float(one.get("seconds") or 0.0))
    return ran


def verify(
    paths: Sequence[Path],
    job: Job,
    project: Project,
    where: Where,
    progress: Progress = silent,
    *,
    as_it_stands: bool = False,
) -> tuple[int, list[Diagnostic], dict[str, str]]:
    """Load the output in the real orchestrator and compare what it sees with the IR.

    The output is made anew, or, ``as_it_stands``, a copy of what is in the job's folder. Returns
    how many pipelines were compared, the findings, and the sources for their snippets.
    """
    with tempfile.TemporaryDirectory(prefix="dagglot-verify-") as folder:
        stands, out = job.out, Path(folder) / job.target.name
        if as_it_stands and manifest.load(stands) is None:
            help = f"compile for {job.name} into it first, or name another folder with `-o`"
            return 0, [codes.NO_OUTPUT.at(None, folder=shown_path(stands), help=help)], {}
        job = replace(job, out=out)  # where nothing is: an edited file is looked at, and no finding
        result, pipelines = _compiled(paths, job, project, progress, written=not as_it_stands)
        found = list(result.diagnostics)
        if result.failed:
            return 0, found, result.sources
        if as_it_stands:
            shutil.copytree(stands, out)
        answer = ask(
            job,
            "load",
            lambda modules: job.target.load_request(job.out, modules),
            user_code(paths, project),
            where,
            found,
            progress,
        )
        if answer is not None:
            found.extend(seen.compare(job, pipelines, answer))
    return len(pipelines), found, result.sources


def missing(
    paths: Sequence[Path],
    job: Job,
    project: Project,
    where: Where,
    progress: Progress = silent,
) -> tuple[int, list[Diagnostic], dict[str, str]]:
    """What the user's own orchestrator lacks of the connections, secrets and limits that the
    pipelines need: how many there are, the findings, and the sources for their snippets.
    """
    result = compile(paths, [job], project, Options(), progress)
    found = list(result.diagnostics)
    if result.failed:
        return 0, found, result.sources
    needed = [(one, job.target.needs(one, job.context)) for one in result.built]
    needs = dict.fromkeys(need for _, each in needed for need in each)
    if not needs:
        return 0, found, result.sources
    answer = ask(
        job,
        "stores",
        lambda _: {"needs": [list(need) for need in needs], "folder": str(Path.cwd())},
        ([], None),
        where,
        found,
        progress,
        probe.settings(),
    )
    if answer is None:
        return len(needs), found, result.sources
    title = f"{job.target.title} {answer.get('version', job.version)}"
    if answer.get("unasked"):
        found.append(codes.NOT_ASKED.at(None, target=title, reason=str(answer["unasked"])))
    lacking = {Need(*need) for need in answer.get("missing", ())}
    found.extend(
        codes.MISSING_THERE.at(
            pipeline.span, target=title, kind=need.kind, name=need.name, pipeline=pipeline.id
        )
        for pipeline, each in needed
        for need in each
        if need in lacking
    )
    return len(needs), found, result.sources


def _compiled(
    paths: Sequence[Path], job: Job, project: Project, progress: Progress, *, written: bool = True
) -> tuple[Result, list[Pipeline]]:
    result = compile(paths, [job], project, Options(), progress)
    if result.failed:
        return result, []
    if written:
        result.diagnostics.extend(write.apply(result.plans))
    return result, list(result.built)


def ask(
    job: Job,
    name: Literal["load", "run", "stores", "backfill"],
    request: Callable[[list[Path]], dict[str, Any]],
    code: tuple[list[Path], Path | None],
    where: Where,
    found: list[Diagnostic],
    progress: Progress,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any] | None:
    """The answer of a probe of the target, in the environment that runs it; None, and a finding,
    where there is none.

    ``request`` makes the question from the folders of the user's modules; ``code`` are those
    folders and the requirements of what is in them; ``settings`` are environment variables.
    """
    modules, requirements = code
    try:
        python = where.python
        if python is None:
            runtime = environments.resolve(job.target.name, job.version)
            if runtime is None:
                message = f"there is no environment for {job.target.name} {job.version}"
                found.append(codes.RUNTIME.at(None, message=message))
                return None
            python = environments.ensure(runtime, requirements=requirements, progress=progress)
        progress(f"{job.target.title} {job.version}: starting")
        # what the user's code leaves in the temporary folder is the user's
        kept = {"TMPDIR": tempfile.gettempdir(), **settings}
        script, limit = job.target.probe(name), where.timeout + 120
        return probe.run(python, script, request(modules), timeout=limit, env=kept)
    except RuntimeProblem as problem:
        found.append(codes.RUNTIME.at(None, message=problem.message, help=problem.help))
        return None


def user_code(paths: Sequence[Path], project: Project) -> tuple[list[Path], Path | None]:
    """Where the user's modules are, and what they need: the project's word, else the document's
    folder and its ``requirements.txt``."""
    if project.python_path or project.requirements:
        needs = project.requirements
        return [path.resolve() for path in project.python_path], needs
    folders: dict[Path, None] = {}
    for file in filter(may_be_ours, find(paths, project).files):
        folders.setdefault(Path(file.path).resolve().parent)
    if project.document is not None:
        folders.setdefault(project.root.resolve())
    candidates = (folder / "requirements.txt" for folder in folders)
    return list(folders), next((path for path in candidates if path.is_file()), None)
