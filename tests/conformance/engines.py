"""Batches of cases in one process each of a real orchestrator."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from dagglot import plan_jobs, replays, trace
from dagglot.diagnostics.model import Diagnostic
from dagglot.features import Feature
from dagglot.jobs import Job
from dagglot.project import NO_PROJECT
from dagglot.runtimes import environments, probe
from dagglot.runtimes.problem import ProbeFailed
from dagglot.targets.base import RunSpec, Support

from .oracle import Case, Place

ACTOR: Final = Path(__file__).parent / "actor" / "conformance_actor.py"
TARGETS: Final = ("airflow@3.3", "airflow@2.11", "prefect", "dagster")
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "airflow": {},
    "prefect": {"heartbeat": False},
    "dagster": {"in_process": True},
}
"""What makes runs faster and changes nothing in them; the probes say what each option does."""
PROJECT: Final[Mapping[str, Mapping[str, Any]]] = {"dagster": {"executor": "in_process"}}
"""A project's own options: a process for each step costs Dagster a second. The code is the same but
for the executor; the fixed pipelines of `test_as_users` run on the one that it has of itself."""
RUN_SECONDS: Final = 90.0
START_SECONDS: Final = 180.0


@dataclass
class Answer:
    """What became of the cases of a batch: each is in one of these."""

    traces: dict[str, dict[str, Any]] = field(default_factory=dict)
    starts: dict[str, Counter[Place]] = field(default_factory=dict)
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The features, or the rules, for which a target refuses a pipeline."""
    broken: dict[str, str] = field(default_factory=dict)
    """No trace, or no code: why."""
    seconds: float = 0.0
    runs: dict[str, float] = field(default_factory=dict)


def job(target: str, *, quick: bool = True) -> Job:
    """The job of a target; ``quick: False`` as it is without a project file."""
    (made,), found = plan_jobs.jobs([target], Path(tempfile.gettempdir()), NO_PROJECT)
    assert not found, found
    options = PROJECT.get(made.target.name, {}) if quick else {}
    return replace(made, context=replace(made.context, options=options))


def supported(target: str) -> frozenset[str]:
    """The features that a target does not refuse, by its capability table."""
    asked = job(target)
    table = asked.target.capabilities(asked.version)
    return frozenset(one.value for one in Feature if table[one].support is not Support.UNSUPPORTED)


def run(target: str, cases: Sequence[Case], *, quick: bool = True) -> Answer:
    """Run cases once each. Where a whole batch has no answer, its halves are asked."""
    answer = Answer()
    begun = time.monotonic()
    asked = job(target, quick=quick)
    ready: list[Case] = []
    for case in cases:
        try:
            _, refused = replays.generated([case.pipeline], asked)
        except Exception as error:  # a bug of lowering is a finding about this pipeline alone
            answer.broken[case.id] = f"does not compile: {type(error).__name__}: {error}"
            continue
        if refused:
            answer.refused[case.id] = tuple(sorted({_reason(one) for one in refused[case.id]}))
        else:
            ready.append(case)
    if ready:
        _ask(asked, ready, OPTIONS[asked.target.name] if quick else {}, answer)
    answer.seconds = time.monotonic() - begun
    return answer


def _reason(found: Diagnostic) -> str:
    """The feature that a target cannot do, which the message quotes; else the whole message."""
    quoted = re.search(r"`([a-z-]+)`", found.message) if found.rule.code == "DG401" else None
    return quoted[1] if quoted else f"{found.rule.code} {found.message}"


def _ask(
    asked: Job,
    cases: Sequence[Case],
    options: Mapping[str, Any],
    answer: Answer,
) -> None:
    """Run what the target accepts; where there is no answer, the halves of it."""
    runtime = environments.resolve(asked.target.name, asked.version)
    assert runtime is not None, asked
    with tempfile.TemporaryDirectory(
        prefix="dagglot-conformance-", ignore_cleanup_errors=True
    ) as folder:
        root, modules = Path(folder, "out"), Path(folder, "modules")
        modules.mkdir()
        shutil.copy(ACTOR, modules)
        made, _ = replays.generated([case.pipeline for case in cases], asked)
        for path, text in made.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        specs = [
            RunSpec(
                case.id,
                asked.target.names(case.pipeline, asked.context),
                case.made.params_given(),
                timeout=RUN_SECONDS,
            )
            for case in cases
        ]
        request = asked.target.run_request(root, [modules], specs, options)
        limit = START_SECONDS + RUN_SECONDS * min(len(cases), 10) + 10 * len(cases)
        try:
            said = probe.run(
                environments.ensure(runtime), asked.target.probe("run"), request, timeout=limit
            )
        except ProbeFailed as problem:
            if len(cases) == 1:
                answer.broken[cases[0].id] = problem.message
                return
            middle = len(cases) // 2
            for half in (cases[:middle], cases[middle:]):
                _ask(asked, half, options, answer)
            return
        _read(said, specs, cases, modules / "starts.txt", asked, answer)


def _read(
    said: Mapping[str, Any],
    specs: Sequence[RunSpec],
    cases: Sequence[Case],
    starts: Path,
    asked: Job,
    answer: Answer,
) -> None:
    title = f"{asked.target.name}@{asked.version}"
    answers = {one["key"]: one for one in said["runs"]}
    for spec in specs:
        if spec.key in answers:
            one = answers[spec.key]
            answer.traces[spec.key] = trace.from_probe(one, spec.names, spec.key, title)
            answer.runs[spec.key] = float(one.get("seconds") or 0.0)
        else:
            answer.broken[spec.key] = "the probe says nothing of it"
    counts: dict[str, Counter[Place]] = {case.id: Counter() for case in cases}
    for line in starts.read_text().splitlines() if starts.exists() else ():
        name, index, _ = line.split()
        pipeline, _, task = name.partition("/")
        counts[pipeline][task, None if index == "-" else int(index)] += 1
    answer.starts |= counts
