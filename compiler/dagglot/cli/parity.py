"""``dagglot parity``: one pipeline on several orchestrators, compared."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dagglot.cli.shared import (
    Answers,
    Environment,
    Format,
    Given,
    OnePipeline,
    Params,
    Partition,
    Paths,
    Progress,
    Python,
    Scenario,
    Targets,
    Time,
    checked,
    exit_code,
    jobs,
    painter,
    pairs,
    put,
    report,
    stop,
    the_pipeline,
    wrong_usage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagglot.jobs import Job
    from dagglot.parity import Compared
    from dagglot.run_inputs import Inputs
    from dagglot.scenarios import Words


class Shape(StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def parity(
    paths: Paths = None,
    target: Targets = None,
    traces: Annotated[
        bool, typer.Option("--traces", help="PATH are traces that `run --trace` wrote.")
    ] = False,
    given: Given = None,
    param: Params = None,
    answer: Answers = None,
    partition: Partition = None,
    time: Time = None,
    scenario: Scenario = None,
    pipeline: OnePipeline = None,
    python: Python = None,
    timeout: Annotated[float, typer.Option(help="Give a run up after this many seconds.")] = 600.0,
    env: Environment = None,
    format: Annotated[Shape, typer.Option("--format", help="text, json or markdown.")] = Shape.TEXT,
) -> None:
    """Compare a pipeline's runs on several orchestrators.

    Task by task: equal; benign, which is what runs may differ in (how Airflow labels a task that
    does not run); or divergent: another state, other attempts, another output, another end of the
    run. The real bodies run, unless outcomes are given: then the scenario is acted out.

    Examples:

      dagglot parity pipelines/orders.yaml -t airflow -t dagster
      dagglot parity orders.yaml -t airflow@2.11 -t airflow@3.3 --given load=failed
      dagglot parity orders.yaml -t airflow -t prefect --format markdown > comment.md
      dagglot parity --traces before.json after.json
    """
    from dagglot import parity as comparing
    from dagglot.reports import parity as reports
    from dagglot.scenarios import Words

    findings = Format.JSON if format is Shape.JSON else Format.TEXT
    if traces:
        if len(paths or ()) < 2:
            wrong_usage("give two traces or more: `dagglot parity --traces before.json after.json`")
        done = comparing.of_files(paths or ())
    else:
        from dagglot.run_inputs import Inputs

        params = pairs(param, "--param")
        words = Words(pairs(given, "--given"), params, partition, scenario)
        inputs = Inputs(params, pairs(answer, "--answer"), partition, time)
        runtime = (python, timeout)
        done = _run(paths or (), target, words, pipeline, runtime, env, findings, inputs)
    if not done.parities:
        stop(done.diagnostics, done.sources, findings)
    report(done.diagnostics, done.sources, Format.TEXT)
    match format:
        case Shape.JSON:
            put(reports.as_json(done.parities))
        case Shape.MARKDOWN:
            put(reports.as_markdown(done.parities))
        case Shape.TEXT:
            put(reports.as_text(done.parities, painter()))
    divergent = any(one.verdict == "divergent" for one in done.parities)
    raise typer.Exit(exit_code(done.diagnostics, 1 if divergent else 0))


def _run(
    paths: Sequence[Path],
    targets: Sequence[str] | None,
    words: Words,
    pipeline: str | None,
    runtime: tuple[Path | None, float],
    env: str | None,
    findings: Format,
    inputs: Inputs,
) -> Compared:
    from dagglot import parity as comparing
    from dagglot import scenarios
    from dagglot.runner import Where

    where = Where(*runtime)
    opened, front, sources = checked(paths, env, findings)
    wanted: Sequence[Job] = jobs(targets or (), None, opened.project, findings)
    if len(wanted) < 2:
        wrong_usage("give two targets or more, for example `-t airflow -t dagster`")
    progress = Progress()
    if pipeline is not None:
        the_pipeline(front, pipeline)
    if not words.acts:
        done = comparing.run(paths, wanted, opened.project, inputs, where, progress, pipeline)
    else:
        one = the_pipeline(front, pipeline)
        said = scenarios.from_words(one, words)
        if exit_code(said.diagnostics):
            stop(said.diagnostics, {**sources, **said.sources}, findings)
        done = comparing.act(one, said.given, wanted, where, sources, progress)
    progress.done()
    return done
