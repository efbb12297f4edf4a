"""``dagglot simulate``: the final state of every task, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Given,
    OnePath,
    OnePipeline,
    Params,
    Partition,
    Scenario,
    checked,
    exit_code,
    jobs,
    painter,
    pairs,
    put,
    stop,
    the_pipeline,
)


class Shape(StrEnum):
    """The forms of a simulated run."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"
    DOT = "dot"


def simulate(
    path: OnePath = None,
    given: Given = None,
    param: Params = None,
    partition: Partition = None,
    scenario: Scenario = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="TARGET",
            help="Also what else may happen there by the order of events (only on airflow).",
        ),
    ] = None,
    pipeline: OnePipeline = None,
    env: Environment = None,
    format: Annotated[
        Shape, typer.Option("--format", help="text, json, or a coloured graph: mermaid, dot.")
    ] = Shape.TEXT,
) -> None:
    """Show how a run ends when some tasks fail, skip or decide.

    No orchestrator is needed: the final state of every task and why, by the executable semantics.
    What is not given succeeds. Outcomes are written as in a document's `tests`: success, failed,
    failed 2 (fails twice, then succeeds), skipped, true or false for a gate, the choice of a
    branch, {output: …}.

    Examples:

      dagglot simulate pipelines/orders.yaml --given load=failed
      dagglot simulate orders.yaml --given enough=false --given 'load[1]=failed 2'
      dagglot simulate orders.yaml --given 'extract={output: {rows: 3}}' --format json
      dagglot simulate orders.yaml --scenario one_region_fails -t airflow
      dagglot simulate orders.yaml --given load=failed --format dot | dot -Tsvg -o run.svg
    """
    from dagglot import draw, scenarios
    from dagglot.diagnostics import codes
    from dagglot.reports import simulation
    from dagglot.semantics.simulate import UnansweredError
    from dagglot.semantics.simulate import simulate as simulated_run

    findings = Format.JSON if format is Shape.JSON else Format.TEXT
    words = scenarios.Words(pairs(given, "--given"), pairs(param, "--param"), partition, scenario)
    opened, front, sources = checked([path] if path else [], env, findings)
    on = jobs([target], None, opened.project, findings)[0].name if target else ""
    one = the_pipeline(front, pipeline)
    said = scenarios.from_words(one, words)
    if exit_code(said.diagnostics):
        stop(said.diagnostics, {**sources, **said.sources}, findings)
    try:
        run = simulated_run(one, said.given)
        may = scenarios.possible(one, said.given) if scenarios.decides_early(on) else None
    except UnansweredError as error:
        message, help = scenarios.open_question(error, command_line=True)
        if help and one.tests and scenario is None:
            help += f", or begin with a test: `--scenario {one.tests[0].name}`"
        stop([codes.SCENARIO_OPEN.at(None, message=message, help=help)], {}, findings)
    match format:
        case Shape.TEXT:
            put(simulation.as_text(one, run, may, on, painter()))
        case Shape.JSON:
            put(simulation.as_json(one, run, may, on))
        case Shape.MERMAID:
            put(draw.mermaid(one, simulation.endings(one, run, may)))
        case Shape.DOT:
            put(draw.dot(one, simulation.endings(one, run, may)))
